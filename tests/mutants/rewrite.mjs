// Rewrites files so that all of their mutants are in them: each function has one body more for each of its mutants.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Comments, texts and characters, in which braces mean nothing, and brackets. */
const TOKEN = /\/\/.*|\/\*[^]*?\*\/|r(#*)"[^]*?"\1|"(?:[^"\\]|\\.)*"|'(?:[^'\\\n]|\\[^\n]+?)'|[()[\]{}]/gu;

const SOURCE = "orpc-runtime/src";
const CHOICE_FILE = `${SOURCE}/mutants.rs`;

/** A variable that is not used. */
export const PROBE = "is_compiled";

/** The module that chooses a mutant, and writes the functions that a process reaches. */
const choice = (functions) => `//! Chooses one mutant by the environment.
use std::io::Write;
use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

static CHOSEN: LazyLock<u32> =
    LazyLock::new(|| std::env::var("MUTANT").map_or(0, |number| number.parse().unwrap()));
static REPORT: LazyLock<Option<std::ffi::OsString>> = LazyLock::new(|| std::env::var_os("MUTANTS_REACHED"));
static REACHED: [AtomicBool; ${functions}] = [const { AtomicBool::new(false) }; ${functions}];

/// Returns the mutant of a function that is chosen; 0 if there is none.
pub(crate) fn chosen(function: usize, mutants: Range<u32>) -> u32 {
    if let Some(path) = &*REPORT
        && !REACHED[function].swap(true, Ordering::Relaxed)
    {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(format!("{function}\\n").as_bytes()).unwrap();
    }
    if mutants.contains(&CHOSEN) { *CHOSEN } else { 0 }
}
`;

/** The mutants of folders and files of `SOURCE`, as cargo-mutants lists them. */
export function list(paths) {
  const globs = paths.flatMap((path) => ["--file", path.endsWith(".rs") ? `${SOURCE}/${path}` : `${SOURCE}/${path}/**/*.rs`]);
  const options = ["mutants", "--package", "orpc-runtime", "--all-features", "--list", "--json", ...globs];
  const mutants = JSON.parse(execFileSync("cargo", options, { encoding: "utf8", maxBuffer: 1 << 30 }));
  const same = new Map();
  return mutants.map(({ file, name, span, function: fn, replacement }) => {
    const [, change] = /^\S+: (.*)$/su.exec(name);
    // The lines change, the order of those with the same name does not.
    const key = `${file}: ${change}`;
    same.set(key, (same.get(key) ?? 0) + 1);
    return { file, name, key: `${key} ${same.get(key)}`, span, fn, replacement };
  });
}

/** Copies the files that git knows, and returns the sources, which `rewrite` writes. Files that are the same keep their times. */
export function copy(folder) {
  const files = execFileSync("git", ["ls-files", "-z", "-c", "-o", "--exclude-standard"], { encoding: "utf8" });
  const names = new Set(files.split("\0").filter((file) => file && existsSync(file)));
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.path, entry.name);
    const file = relative(folder, path);
    if (entry.isFile() && !names.has(file) && file !== CHOICE_FILE && file !== "Cargo.lock") rmSync(path);
  }
  const sources = new Map();
  for (const file of names) {
    const content = readFileSync(file);
    if (file.startsWith(`${SOURCE}/`)) sources.set(file, content);
    else write(join(folder, file), content);
  }
  return sources;
}

/** The items of a list by a key. */
export function grouped(list, key) {
  const groups = new Map();
  for (const item of list) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

function write(path, content) {
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(content))) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/**
 * Writes the sources with the mutants, each of which gets its `number` and its `function`. Returns the regions of the
 * written files: `{ file, first, last, mutants }` are lines, and the mutants that an error in them is of.
 */
export function rewrite(folder, sources, mutants) {
  const regions = [];
  let functions = 0;
  let number = 0;
  const byFile = grouped(mutants, ({ file }) => file);
  for (const [file, content] of sources) {
    let text = content.toString("utf8");
    const own = byFile.get(file);
    if (!own) {
      if (file === `${SOURCE}/lib.rs`) text = text.replace(/^mod budget;$/mu, "mod budget;\nmod mutants;");
      write(join(folder, file), text);
      continue;
    }
    const offset = offsets(text);
    let written = "";
    let at = 0;
    for (const [start, { end, inside }] of outermost(own, offset)) {
      const head = text.slice(start, end);
      const brace = start + bodyStart(head);
      const [before, body] = [text.slice(start, brace), text.slice(brace, end)];
      written += text.slice(at, start);
      // A constant function cannot read the environment.
      written += before.replace(/\bconst (?=(?:async |unsafe )*fn\b)/u, "");
      const line = () => written.split("\n").length;
      const first = line();
      // The compiler warns of the variable, unless the function is one of another system.
      written += `{ let ${PROBE} = (); match crate::mutants::chosen(${functions}, ${number + 1}..${number + 1 + inside.length}) { 0 => \n${body}\n`;
      regions.push({ file, first, last: line() - 1, mutants: inside });
      for (const mutant of inside) {
        number += 1;
        mutant.number = number;
        mutant.function = functions;
        const [from, to] = [offset(mutant.span.start) - brace, offset(mutant.span.end) - brace];
        const changed = `${body.slice(0, from)}${mutant.replacement}${body.slice(to)}`;
        written += `${number} =>\n`;
        const begins = line();
        written += `${changed}\n`;
        regions.push({ file, first: begins, last: line() - 1, mutants: [mutant] });
      }
      written += "_ => unreachable!() } }";
      functions += 1;
      at = end;
    }
    write(join(folder, file), written + text.slice(at));
  }
  write(join(folder, CHOICE_FILE), choice(functions));
  return regions;
}

/** Returns a function from lines and columns, which begin at 1 and count characters, to an offset. */
function offsets(text) {
  const lines = text.split("\n");
  const starts = [];
  let start = 0;
  for (const line of lines) {
    starts.push(start);
    start += line.length + 1;
  }
  return ({ line, column }) => starts[line - 1] + [...lines[line - 1]].slice(0, column - 1).join("").length;
}

/** The functions that are in no other, by their offset, with the mutants inside. */
function outermost(mutants, offset) {
  const spans = mutants.map((mutant) => [offset(mutant.fn.span.start), offset(mutant.fn.span.end), mutant]);
  spans.sort(([start, end], [otherStart, otherEnd]) => start - otherStart || otherEnd - end);
  const functions = new Map();
  let last;
  for (const [start, end, mutant] of spans) {
    if (!last || start >= last.end) {
      last = { end, inside: [] };
      functions.set(start, last);
    }
    last.inside.push(mutant);
  }
  return functions;
}

/** Returns the offset of the brace that begins the body of a function. */
function bodyStart(text) {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === "{" && depth === 0) return index;
    if ("([{".includes(token)) depth += 1;
    if (")]}".includes(token)) depth -= 1;
  }
  throw new Error(`there is no body: ${text}`);
}
