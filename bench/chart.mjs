// A chart as SVG: lines over amounts, each with its name beside it.

const WIDTH = 640;
const HEIGHT = 360;
const EDGE = { left: 64, right: 150, top: 44, bottom: 52 };

/** Returns round numbers from 0 to at least the limit. */
function steps(limit) {
  const size = 10 ** Math.floor(Math.log10(limit / 4));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((candidate) => candidate * 5 >= limit) ?? size * 10;
  return Array.from({ length: Math.ceil(limit / step) + 1 }, (_, index) => index * step);
}

/**
 * Returns a chart: `lines` have a `name` and a `detail`, a `colour`, a `dash` and `points`; those with `marks` alone are not
 * connected, and those that are `smooth` have no marks. `isLog` is for the amounts; `labels` are those with a label, all of
 * them unless given.
 */
export function chart({ title, x, y, isLog, labels }, lines) {
  const all = lines.flatMap((line) => line.points);
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
  for (const amount of labels ?? amounts) {
    if (across(amount) - before < 34) continue;
    before = across(amount);
    parts.push(text(before, bottom + 18, amount.toLocaleString("en"), ' text-anchor="middle"'));
  }
  parts.push(text((EDGE.left + right) / 2, HEIGHT - 12, x, ' text-anchor="middle"'));
  const middle = (EDGE.top + bottom) / 2;
  parts.push(text(16, middle, y, ` text-anchor="middle" transform="rotate(-90 16 ${place(middle)})"`));
  for (const [index, { name, detail, colour, dash = "", points, marks, smooth }] of lines.entries()) {
    const path = points.map(([work, value]) => `${place(across(work))} ${place(down(value))}`).join("L");
    if (!marks) parts.push(`<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`);
    const radius = marks ? 4 : 2.5;
    if (!smooth) for (const [work, value] of points) parts.push(`<circle cx="${place(across(work))}" cy="${place(down(value))}" r="${radius}" fill="${colour}"/>`);
    const top = EDGE.top + 10 + index * 36;
    const sample = marks ? `<circle cx="${right + 26}" cy="${top}" r="4" fill="${colour}"/>` : `<path d="M${right + 14} ${top}h24" stroke="${colour}" stroke-width="2"${dash}/>`;
    parts.push(sample, text(right + 44, top - 2, name), text(right + 44, top + 12, detail));
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="12" fill="#6b7280">
${parts.join("\n")}
</svg>
`;
}
