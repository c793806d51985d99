// Parts of the pages of figures.

export function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Returns a table in Markdown, its first column to the left, the others to the right. */
export function table(head, lines) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  return [row(head), `|---|${"---:|".repeat(head.length - 1)}`, ...lines.map(row)].join("\n");
}

/** Returns the conditions of a run as sentences: rounds, machine, date, versions. */
export function conditions(report) {
  const versions = Object.entries(report.versions).map(([name, version]) => (name === "rustc" ? version.split(" (")[0] : `${name} ${version}`));
  const rounds = report.rounds === 1 ? "One round" : `Medians of ${report.rounds} rounds`;
  const isBusy = report.load_average > 1 || report.is_quick;
  const reason = report.is_quick ? "a quick run" : `a load average of ${report.load_average} before the run`;
  return [
    `${rounds}, ${report.seconds} s for each figure, on ${report.date}: ${report.processor}, one core for the server and another one for the clients; ${report.kernel}; ${versions.join(", ")}.`,
    ...(isBusy ? [`**Other programs or too little time disturbed this run (${reason}): its figures show the form of the table, no more.**`] : []),
  ].join("\n");
}
