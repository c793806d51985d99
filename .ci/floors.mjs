// Checks the order of the modules of each package: a module uses only those of the floors below its own, names nothing
// of those that only use others, and no two folders use each other. Clocks and tasks of the host are used through
// crate::clock and crate::task, since wasm32 has neither. Reads the paths of `use` declarations and of expressions:
// `crate::…` and `super::…`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The top-level modules of each package, from the ground floor up; those of one line do not use each other. */
const FLOORS = {
  "orpc-runtime": [
    ["clock", "task", "budget", "shutdown", "store"],
    ["connection", "value", "host"],
    ["redis_server"],
    ["schema"],
    ["core"],
    ["wire"],
    ["socket"],
    ["procedure", "publish"],
    ["router", "ratelimit"],
    ["entries", "rpc", "describe"],
    ["room", "serve", "typescript", "contract", "derive"],
    ["publishing", "stateful"],
    ["durable"],
    ["prelude", "__private"],
    ["lib"],
  ],
  "orpc-macros": [],
};

/** Modules whose folders no other module names: of the protocols one is chosen within `wire`. */
const CLOSED = ["wire"];

/** A protocol by its name, which only the module may use that chooses it. */
const NAMED = /\b(?:Foreign)?Protocol::[A-Z]\w*/u;

/**
 * Modules that use the others by their seams: no item below their floor has a name of theirs. Names of headers on the
 * wire belong to the protocol.
 */
const USERS = [{ module: "durable", names: /\b(?:Is)?Durable\w*|\bDURABLE\w*|\bdurable(?=::)/gu, except: ["wire"] }];

/** Re-exports at the root, by the module that holds the item. */
const EXPORTS = /pub use (?:crate::)?(\w+)::(?:\{([^{}]*)\}|([\w:]+)(?: as (\w+))?);/gu;

const problems = [];
const problem = (text) => problems.push(text);

function* files(folder, path = []) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* files(join(folder, entry.name), [...path, entry.name]);
    else if (entry.name.endsWith(".rs")) {
      const name = entry.name.slice(0, -3);
      const module = name === "mod" ? path : [...path, name];
      yield { file: join(folder, entry.name), module, text: readFileSync(join(folder, entry.name), "utf8") };
    }
  }
}

/** The text without comments, strings and modules of tests, which may use everything. */
function code(text) {
  const plain = text.replace(/'(?:[^'\\\n]|\\.)'|"(?:[^"\\]|\\.)*"|\/\/.*|\/\*[^]*?\*\//gu, '""');
  return plain.replace(/#\[cfg\(test\)\]\s*mod \w+ \{[^]*?\n\}/gu, "");
}

/** The paths that a text names, in full: of a group each member. */
function* paths(text) {
  for (const { 0: start, index } of text.matchAll(/\b(?:crate|super)(?=::)/gu)) {
    if (/[\w:]$/u.test(text.slice(0, index))) continue;
    yield* group(text.slice(index + start.length), [start]);
  }
}

function* group(rest, path) {
  const [, next] = /^::(\w+)/u.exec(rest) ?? [];
  if (next) {
    yield* group(rest.slice(next.length + 2), [...path, next]);
    return;
  }
  if (!rest.startsWith("::{")) {
    yield path;
    return;
  }
  let depth = 0;
  let member = "";
  for (const char of rest.slice(2)) {
    if (char === "{") depth += 1;
    if (char === "}") depth -= 1;
    if (depth === 0 || (depth === 1 && char === ",")) {
      const name = member.replace(/^\{/u, "").trim();
      if (name) yield* group(`::${name}`, path);
      member = "";
      if (depth === 0) return;
    } else {
      member += char;
    }
  }
}

/** The path from the root of the package on. */
function absolute([first, ...rest], module) {
  if (first === "crate") return rest;
  const base = module.slice(0, -1);
  while (rest[0] === "super") {
    base.pop();
    rest.shift();
  }
  return [...base, ...rest];
}

for (const [name, floors] of Object.entries(FLOORS)) {
  const source = `${name}/src`;
  const all = [...files(source)];
  const tops = new Set(all.map(({ module }) => module[0] ?? "lib"));
  const known = new Set([...all.map(({ module }) => module.join("::")), ...all.flatMap(({ module }) => module.slice(0, -1).join("::"))]);

  const exported = new Map();
  const root = all.find(({ module }) => module.join() === "lib");
  for (const [, module, members, path, alias] of root.text.matchAll(EXPORTS)) {
    for (const item of members?.split(",").map((item) => item.trim()) ?? [path]) {
      const full = [module, ...item.split("::")];
      const name = alias ?? full.at(-1);
      if (item && tops.has(module) && !tops.has(name)) exported.set(name, full);
    }
  }

  const level = new Map(floors.flatMap((floor, index) => floor.map((module) => [module, index])));
  if (floors.length > 0) {
    for (const top of tops) if (!level.has(top)) problem(`${source}/${top} has no floor: give it one in .ci/floors.mjs`);
    for (const module of level.keys()) if (!tops.has(module)) problem(`.ci/floors.mjs names ${module}, which is not in ${source}`);
  }

  for (const { module: user, names, except } of USERS) {
    for (const { file, module, text } of floors.length > 0 ? all : []) {
      if (!(level.get(module[0]) < level.get(user)) || except.includes(module[0])) continue;
      for (const [found] of new Set([...code(text).matchAll(names)].map(String)).entries()) {
        problem(`${file} names ${found}: modules below ${user} know nothing of it`);
      }
    }
  }

  /** Uses of one folder by another, below the same folder: a file of each. */
  const uses = new Map();
  for (const { file, module, text } of all) {
    const named = NAMED.exec(code(text));
    if (named && !CLOSED.includes(module[0])) problem(`${file} names ${named[0]}: pass on the Protocol of the socket or request`);
    for (const path of paths(code(text))) {
      const to = absolute(path, module);
      to.splice(0, 1, ...(exported.get(to[0]) ?? [to[0]]));
      if (!tops.has(to[0]) || module[0] === "lib") continue;
      if (floors.length > 0 && module[0] !== to[0] && level.get(to[0]) >= level.get(module[0])) {
        problem(`${file} uses ${to.join("::")}, of a floor that is not below its own`);
      }
      if (CLOSED.includes(to[0]) && module[0] !== to[0] && to.length > 1 && known.has(to.slice(0, 2).join("::"))) {
        problem(`${file} names ${to.slice(0, 2).join("::")}, which only ${to[0]} may name`);
      }
      let shared = 0;
      while (shared < module.length && module[shared] === to[shared]) shared += 1;
      const [from, onto] = [module, to].map((path) => path.slice(0, shared + 1).join("::"));
      if (from === onto || !known.has(onto)) continue;
      const isFolder = (path) => [...known].some((other) => other.startsWith(`${path}::`));
      if (isFolder(from) && isFolder(onto)) uses.set(`${from} ${onto}`, file);
    }
  }
  for (const [pair, file] of uses) {
    const [from, onto] = pair.split(" ");
    const back = uses.get(`${onto} ${from}`);
    if (back && from < onto) problem(`${file} uses ${onto}, and ${back} uses ${from}: the folders form a circle`);
  }
}

/** Clocks, timers, tasks and threads of the host, which only the seam uses, and parts that are I/O themselves. */
const HOST = /\b(?:tokio::(?:time|spawn|task(?!::yield_now)|runtime)|std::thread|thread::(?:Builder|sleep|spawn))\b|\bSystemTime::now\b|\bstd::time::(?:Instant|\{[^}]*\bInstant\b)/u;
const WITH_HOST = [
  /^orpc-runtime\/src\/(?:clock|task)\.rs$/u,
  /^orpc-runtime\/src\/serve\/listen\//u,
  /^orpc-runtime\/src\/publish\/store\/(?:redb|replays)\//u,
  /\/tests\.rs$/u,
];
for (const { file, text } of files("orpc-runtime/src")) {
  const found = WITH_HOST.some((path) => path.test(file)) ? null : HOST.exec(code(text));
  if (found) problem(`${file} uses ${found[0]} of the host: take it from crate::clock or crate::task`);
}

for (const text of new Set(problems)) console.error(`floors: ${text}`);
process.exit(problems.length > 0 ? 1 : 0);
