export const LONGEST_NAME = 40;

/** Returns the name in the form that is sent, or `null` if it is invalid. */
export function cleanName(input: string): string | null {
  const name = input.trim().replace(/\s+/gu, " ");
  const length = [...name].length;
  return length >= 1 && length <= LONGEST_NAME ? name : null;
}
