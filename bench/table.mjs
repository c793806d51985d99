// Prints the table of a run in Markdown: `node table.mjs results/table.json`.
import { readFileSync } from "node:fs";

import { median, conditions, table } from "./markdown.mjs";

/** The server that the others are compared with. */
const REFERENCE = "by-hand";

const NAMES = {
  "by-hand": "by hand",
  ours: "orpc-runtime",
  "by-hand-plain": "plain axum",
  orpc: "orpc",
  jsonrpsee: "jsonrpsee",
  "official-node": "official, Node",
  "official-bun": "official, Bun",
};
const LINKS = { http: "HTTP", websocket: "WebSocket" };
const CASES = {
  ping: "`ping`",
  echo: "`echo`",
  order: "`order`",
  count: "events, one stream",
  "fan-out": "fan-out to 1,000",
  "fan-out-hibernating": "fan-out to 1,000, hibernating",
  idle: "idle, KiB",
  "idle-hibernating": "idle, hibernating, KiB",
};

const figure = (value) => value.toFixed(value < 1 ? 3 : 2);

/** Returns the tables of a report: CPU seconds, and their ratios to the server written by hand. */
export function tables(report) {
  const servers = Object.keys(NAMES).filter((server) => report.rows.some((row) => row.server === server));
  const find = (row, server) =>
    report.rows.find((other) => other.server === server && other.case === row.case && other.link === row.link);
  const cases = report.rows.filter((row, index) => report.rows.findIndex((other) => find(other, row.server) === find(row, row.server)) === index);
  const name = (row) => `${LINKS[row.link]} ${CASES[row.case] ?? row.case}`;
  const head = ["", ...servers.map((server) => NAMES[server])];
  const cell = (row, server, text) => {
    const found = find(row, server);
    const like = { ...row, case: row.case.replace("-hibernating", "") };
    return found ? text(found, find(like, REFERENCE)) : "";
  };
  const lines = (text) => cases.map((row) => [name(row), ...servers.map((server) => cell(row, server, text))]);
  // Rounds go through all servers, so those of one number ran under the same conditions.
  const ratio = (row, reference) =>
    reference ? median(row.values.map((value, round) => value / reference.values[round])).toFixed(2) : "";
  const toPlain = (row) => cell(row, "ours", (found) => ratio(found, find({ ...row, case: row.case.replace("-hibernating", "") }, "by-hand-plain")));
  const ratios = lines(ratio).map((line, index) => [...line, toPlain(cases[index])]);
  return {
    figures: table(head, lines((row) => figure(median(row.values)))),
    ratios: table([...head, `${NAMES.ours} to ${NAMES["by-hand-plain"]}`], ratios),
  };
}

if (import.meta.filename === process.argv[1]) {
  const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
  const { figures, ratios } = tables(report);
  console.log(`${conditions(report)}\n`);
  console.log(`CPU seconds of the server for a million calls or events; KiB for each idle socket.\n\n${figures}\n`);
  console.log(`Ratios to the server written by hand.\n\n${ratios}`);
}
