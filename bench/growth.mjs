// Draws the plots of a run as SVG: `node growth.mjs results/growth.json`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { chart } from "./chart.mjs";
import { conditions, median } from "./markdown.mjs";

const PLOTS = [
  { name: "items", title: "Cost of a call by the items of its input", x: "items", y: "CPU µs per call" },
  { name: "calls in flight", title: "Cost of a call by calls in flight", x: "calls in flight", y: "CPU µs per call", isLog: true },
  { name: "readers", title: "Cost of an event by its readers", x: "readers", y: "CPU ms per published event", scale: (value, work) => (value * work) / 1000 },
  { name: "procedures", title: "Cost of a call by the procedures of the router", x: "procedures", y: "CPU µs per call", isLog: true },
];
const SERVERS = { "by-hand": "by hand", ours: "orpc-runtime" };
const LINKS = { http: "HTTP", websocket: "WebSocket" };
// Colours with enough contrast on white and on dark pages.
const COLOURS = { "by-hand": "#8a8f98", ours: "#d9480f" };
const DASHES = { http: "", websocket: ' stroke-dasharray="6 4"' };

/** Returns the plot as SVG. */
export function plot({ scale = (value) => value, ...kind }, rows) {
  const lines = new Map();
  for (const row of rows) {
    const key = `${row.server} ${row.link}`;
    const { server, link } = row;
    const line = lines.get(key) ?? { name: SERVERS[server], detail: LINKS[link], colour: COLOURS[server], dash: DASHES[link], points: [] };
    line.points.push([row.work, scale(median(row.values), row.work)]);
    lines.set(key, line);
  }
  return chart(kind, [...lines.values()]);
}

/** Returns the plots of a report, with the names of their files. */
export function plots(report) {
  return PLOTS.flatMap((kind) => {
    const rows = report.rows.filter((row) => row.case === kind.name);
    const file = `performance-${kind.name.replaceAll(" ", "-")}.svg`;
    return rows.length === 0 ? [] : [{ file, title: kind.title, svg: plot(kind, rows) }];
  });
}

if (import.meta.filename === process.argv[1]) {
  const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
  const folder = "target/plots";
  mkdirSync(folder, { recursive: true });
  console.log(conditions(report));
  for (const { file, svg } of plots(report)) {
    writeFileSync(join(folder, file), svg);
    console.log(`bench/${join(folder, file)}`);
  }
}
