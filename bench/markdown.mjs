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

/** Returns the machine, the date and the versions of a run as a sentence. */
export function machine(report) {
  const versions = Object.entries(report.versions).map(([name, version]) => name === "rustc" ? version.split(" (")[0] : `${name} ${version}`);
  const rounds = report.rounds === 1 ? "1 round" : `${report.rounds} rounds`;
  return `${report.processor}; ${report.kernel}; ${report.date}; ${rounds} of ${report.seconds} s${report.is_quick ? " (quick: not for comparison)" : ""}; ${versions.join(", ")}.`;
}
