const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;

/** Half of the delay is random, so that a restarted server is not met by every tab at the same instant. */
export function backoffDelay(failures: number): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
  return ceiling / 2 + (Math.random() * ceiling) / 2;
}
