// Sections of pages of the book that programs write, each between two marks.
import { readFileSync, writeFileSync } from "node:fs";

/** Replaces the content of a section of docs/performance.md or another page. */
export function replace(name, content, page = "performance") {
  const file = new URL(`../docs/${page}.md`, import.meta.url);
  const text = readFileSync(file, "utf8");
  const start = new RegExp(`<!-- ${name}: written by [^>]* -->`, "u").exec(text);
  const end = text.indexOf(`<!-- end of ${name} -->`);
  if (!start || end < start.index) throw new Error(`docs/${page}.md needs the marks of the section ${name}`);
  writeFileSync(file, `${text.slice(0, start.index + start[0].length)}\n\n${content}\n\n${text.slice(end)}`);
}
