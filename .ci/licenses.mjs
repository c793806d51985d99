// Checks that every package the crates need, with all features and on all platforms, has a license that fits theirs.
import { execFileSync } from "node:child_process";

const ALLOWED = new Set(["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "ISC", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "Zlib"]);
const ROOTS = ["orpc-runtime", "orpc-runtime-macros"];

const options = ["metadata", "--all-features", "--format-version", "1", "--locked"];
const { packages, resolve } = JSON.parse(execFileSync("cargo", options, { maxBuffer: 1 << 28 }));
const byId = new Map(packages.map((it) => [it.id, it]));
const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));

const needed = new Set(packages.filter(({ name }) => ROOTS.includes(name)).map(({ id }) => id));
for (const id of needed) {
  const deps = nodes.get(id).deps.filter(({ dep_kinds }) => dep_kinds.some(({ kind }) => kind !== "dev"));
  for (const { pkg } of deps) needed.add(pkg);
}

/** Evaluates an SPDX expression; `/` is an older form of OR. */
function isAllowed(expression) {
  const tokens = (expression ?? "").replaceAll("/", " OR ").match(/[()]|[^\s()]+/gu) ?? [];
  const one = () => {
    const token = tokens.shift();
    if (token === "(") {
      const inner = any();
      tokens.shift();
      return inner;
    }
    // An exception permits more.
    if (tokens[0] === "WITH") tokens.splice(0, 2);
    return ALLOWED.has(token);
  };
  const joined = (operator, part, join) => {
    let value = part();
    while (tokens[0] === operator) {
      tokens.shift();
      value = join(part(), value);
    }
    return value;
  };
  const all = () => joined("AND", one, (a, b) => a && b);
  const any = () => joined("OR", all, (a, b) => a || b);
  return any();
}

const refused = [...needed].map((id) => byId.get(id)).filter(({ license }) => !isAllowed(license));
for (const { name, version, license } of refused) console.error(`.ci/licenses.mjs: ${name} ${version} has the license ${license}`);
console.log(`licenses: ${needed.size - refused.length} of ${needed.size} packages fit Apache-2.0 or MIT`);
if (refused.length > 0) process.exit(1);
