const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const MINUTE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** A date, to the minute or to the day. */
export function Time({ at, precision = MINUTE }: { at: Date; precision?: Intl.DateTimeFormat }) {
  return <time dateTime={at.toISOString()}>{precision.format(at)}</time>;
}

Time.DAY = DAY;
