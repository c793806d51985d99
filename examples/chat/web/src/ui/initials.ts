export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const first = words[0] ?? "";
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  const letters = [first, last].map((word) => [...word][0] ?? "");
  return letters.join("").toLocaleUpperCase();
}
