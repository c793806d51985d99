export const LONGEST_MESSAGE = 2000;

/** The counter stays out of the way until this few characters are left. */
export const COUNTER_FROM = LONGEST_MESSAGE - 200;

/** Counts like the server: an emoji outside the basic plane is one character, not two. */
export function countCharacters(text: string): number {
  return [...text].length;
}
