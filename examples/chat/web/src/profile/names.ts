export const LONGEST_NAME = 40;

/** The name as it is sent, or `null` if it cannot be one. */
export function cleanName(input: string): string | null {
  const name = input.trim().replace(/\s+/gu, " ");
  const length = [...name].length;
  return length >= 1 && length <= LONGEST_NAME ? name : null;
}
