// Sections of docs/performance.md that programs write, each between two marks.
import { readFileSync, writeFileSync } from "node:fs";

const PAGE = new URL("../docs/performance.md", import.meta.url);

/** Replaces the content of a section. */
export function replace(name, content) {
  const text = readFileSync(PAGE, "utf8");
  const start = new RegExp(`<!-- ${name}: written by [^>]* -->`, "u").exec(text);
  const end = text.indexOf(`<!-- end of ${name} -->`);
  if (!start || end < start.index) throw new Error(`docs/performance.md needs the marks of the section ${name}`);
  writeFileSync(PAGE, `${text.slice(0, start.index + start[0].length)}\n\n${content}\n\n${text.slice(end)}`);
}
