// Writes the results into docs/performance.md, between its marks, and the plots beside it.
import { mkdirSync, existsSync, readFileSync, writeFileSync } from "node:fs";

import { write } from "./capacity.mjs";
import { plots } from "./growth.mjs";
import { conditions } from "./markdown.mjs";
import { replace } from "./sections.mjs";
import { tables } from "./table.mjs";

const images = new URL("../docs/public/", import.meta.url);

function results(name) {
  const file = new URL(`results/${name}.json`, import.meta.url);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

const measured = results("table");
if (measured) {
  const { figures, ratios } = tables(measured);
  replace("ratios", `${conditions(measured)}\n\n${ratios}`);
  replace("figures", figures);
}
const grown = results("growth");
if (grown) {
  mkdirSync(images, { recursive: true });
  const drawn = plots(grown);
  for (const { file, svg } of drawn) writeFileSync(new URL(file, images), svg);
  replace("plots", [conditions(grown), ...drawn.map(({ file, title }) => `![${title}](/${file})`)].join("\n\n"));
}
// The capacity page calculates with some of these figures.
if (results("nodes")) write();
