// Draws the plots of a run as SVG: `node growth.mjs results/growth.json`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { conditions, median } from "./markdown.mjs";

const WIDTH = 640;
const HEIGHT = 360;
const EDGE = { left: 64, right: 150, top: 44, bottom: 52 };

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

/** Returns round numbers from 0 to at least the limit. */
function steps(limit) {
  const size = 10 ** Math.floor(Math.log10(limit / 4));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((candidate) => candidate * 5 >= limit) ?? size * 10;
  return Array.from({ length: Math.ceil(limit / step) + 1 }, (_, index) => index * step);
}

/** Returns the plot as SVG. */
export function plot({ title, x, y, isLog, scale = (value) => value }, rows) {
  const lines = new Map();
  for (const row of rows) {
    const key = `${row.server} ${row.link}`;
    const line = lines.get(key) ?? { server: row.server, link: row.link, points: [] };
    line.points.push([row.work, scale(median(row.values), row.work)]);
    lines.set(key, line);
  }
  const all = [...lines.values()].flatMap((line) => line.points);
  const ticks = steps(Math.max(...all.map(([, value]) => value)));
  const amounts = [...new Set(all.map(([work]) => work))].sort((one, other) => one - other);
  const [first, last] = isLog ? [Math.log(amounts[0]), Math.log(amounts.at(-1))] : [0, amounts.at(-1)];
  const right = WIDTH - EDGE.right;
  const bottom = HEIGHT - EDGE.bottom;
  const across = (work) => EDGE.left + (((isLog ? Math.log(work) : work) - first) / (last - first)) * (right - EDGE.left);
  const down = (value) => bottom - (value / ticks.at(-1)) * (bottom - EDGE.top);
  const place = (number) => number.toFixed(1);
  const text = (left, top, content, more = "") => `<text x="${place(left)}" y="${place(top)}"${more}>${content}</text>`;

  const parts = [text(EDGE.left, 22, title, ' font-size="15" font-weight="600"')];
  for (const tick of ticks) {
    parts.push(`<path d="M${EDGE.left} ${place(down(tick))}H${right}" stroke="#8a8f98" stroke-opacity=".25"/>`);
    parts.push(text(EDGE.left - 8, down(tick) + 4, Number(tick.toPrecision(3)), ' text-anchor="end"'));
  }
  // Amounts that are too close to the one before have no label.
  let before = -Infinity;
  for (const amount of amounts) {
    if (across(amount) - before < 34) continue;
    before = across(amount);
    parts.push(text(before, bottom + 18, amount.toLocaleString("en"), ' text-anchor="middle"'));
  }
  parts.push(text((EDGE.left + right) / 2, HEIGHT - 12, x, ' text-anchor="middle"'));
  const middle = (EDGE.top + bottom) / 2;
  parts.push(text(16, middle, y, ` text-anchor="middle" transform="rotate(-90 16 ${place(middle)})"`));
  for (const [index, { server, link, points }] of [...lines.values()].entries()) {
    const path = points.map(([work, value]) => `${place(across(work))} ${place(down(value))}`).join("L");
    const colour = COLOURS[server];
    parts.push(`<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"${DASHES[link]}/>`);
    for (const [work, value] of points) parts.push(`<circle cx="${place(across(work))}" cy="${place(down(value))}" r="2.5" fill="${colour}"/>`);
    const top = EDGE.top + 10 + index * 36;
    parts.push(`<path d="M${right + 14} ${top}h24" stroke="${colour}" stroke-width="2"${DASHES[link]}/>`);
    parts.push(text(right + 44, top - 2, SERVERS[server]), text(right + 44, top + 12, LINKS[link]));
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="12" fill="#6b7280">
${parts.join("\n")}
</svg>
`;
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
