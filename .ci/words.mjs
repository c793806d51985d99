// Finds comments that begin with a question word, or with one such as Whatever: none may.
// The comment of a type is a noun phrase, that of a function begins with a verb in the third person.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const FIRST = /^(?:(?:What|Who|How|Where|Which|Whom|Whose)(?:ever)?|Wherever|Whether|Whenever|Why)\b/u;
const MARK = { rs: /^\s*\/\/[/!]?(?!\/) ?(.*)$/u, mjs: /^\s*(?:\/\/|\/?\*\*?) ?(.*)$/u };
MARK.js = MARK.ts = MARK.mjs;
/** A line that begins a comment of its own, though a comment is above it. */
const LISTED = /^\s*(?:\/\/[/!]?|\*) (?:[-*|#]|\d+\.|```)/u;

const files = execFileSync("git", ["ls-files", "*.rs", "*.mjs", "*.js", "*.ts"], { encoding: "utf8" }).trim().split("\n");
let all = 0;
const found = [];
for (const file of files) {
  const mark = MARK[file.split(".").at(-1)];
  let isInside = false;
  let isCode = false;
  for (const [index, line] of readFileSync(file, "utf8").split("\n").entries()) {
    const text = mark.exec(line)?.[1];
    if (text?.startsWith("```")) isCode = !isCode;
    const begins = text !== undefined && !isInside && !isCode && /\w/u.test(text) && !LISTED.test(line);
    isInside = text !== undefined && text.trim() !== "";
    if (!begins) continue;
    all += 1;
    if (FIRST.test(text.replace(/\*\/\s*$/u, "").trim())) found.push(`${file}:${index + 1}: ${text.trim()}`);
  }
}
console.log(`first words: ${found.length} of ${all} comments begin with a question word`);
if (found.length > 0) {
  console.log(found.join("\n"));
  process.exit(1);
}
