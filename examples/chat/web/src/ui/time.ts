const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dayOfAnyYear = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });

export function clockTime(timestamp: number): string {
  return clock.format(timestamp);
}

export function exactTime(timestamp: number): string {
  return exact.format(timestamp);
}

/** Local midnight that starts the day of `timestamp`. */
export function startOfDay(timestamp: number): number {
  return new Date(timestamp).setHours(0, 0, 0, 0);
}

export function dayLabel(timestamp: number, now = Date.now()): string {
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);

  switch (startOfDay(timestamp)) {
    case startOfDay(now):
      return "Today";
    case startOfDay(yesterday.getTime()):
      return "Yesterday";
  }
  const sameYear = new Date(timestamp).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? dayOfYear : dayOfAnyYear).format(timestamp);
}
