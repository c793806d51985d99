// Writes the results into docs/performance.md, between its marks, and the plots beside it.
import { mkdirSync, existsSync, readFileSync, writeFileSync } from "node:fs";

import { plots } from "./growth.mjs";
import { conditions } from "./markdown.mjs";
import { tables } from "./table.mjs";

const page = new URL("../docs/performance.md", import.meta.url);
const images = new URL("../docs/public/", import.meta.url);

function results(name) {
  const file = new URL(`results/${name}.json`, import.meta.url);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

function replace(text, name, content) {
  const marks = [`<!-- ${name}: written by bench/page.mjs -->`, `<!-- end of ${name} -->`];
  const [start, end] = marks.map((mark) => text.indexOf(mark));
  if (start < 0 || end < start) throw new Error(`docs/performance.md needs the lines ${marks.join(" and ")}`);
  return `${text.slice(0, start + marks[0].length)}\n\n${content}\n\n${text.slice(end)}`;
}

let text = readFileSync(page, "utf8");
const measured = results("table");
if (measured) {
  const { figures, ratios } = tables(measured);
  text = replace(text, "ratios", `${conditions(measured)}\n\n${ratios}`);
  text = replace(text, "figures", figures);
}
const grown = results("growth");
if (grown) {
  mkdirSync(images, { recursive: true });
  const drawn = plots(grown);
  for (const { file, svg } of drawn) writeFileSync(new URL(file, images), svg);
  text = replace(text, "plots", [conditions(grown), ...drawn.map(({ file, title }) => `![${title}](/${file})`)].join("\n\n"));
}
writeFileSync(page, text);
