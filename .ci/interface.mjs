// Checks that the types of other crates in the interface of orpc-runtime are those of the table in the architecture
// chapter. It reads rustdoc's JSON, whose format is unstable, so it is run by hand and not by .ci/run.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const cargo = (args, more = {}) =>
  execFileSync("cargo", args, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "inherit"], ...more });

cargo(["rustdoc", "--package", "orpc-runtime", "--all-features", "--lib", "--quiet", "--", "-Zunstable-options", "--output-format=json"], {
  env: { ...process.env, RUSTC_BOOTSTRAP: "1" },
});
const { target_directory } = JSON.parse(cargo(["metadata", "--no-deps", "--format-version=1"]));
const { index, paths, external_crates, root } = JSON.parse(readFileSync(join(target_directory, "doc/orpc_runtime.json"), "utf8"));

/** By crate and type: the items that name it. */
const found = new Map();

/** Collects the types of other crates in a signature. */
function collect(part, place) {
  if (part === null || typeof part !== "object") return;
  const { id } = part;
  const known = id !== undefined && "args" in part ? paths[id] : undefined;
  const crate = known && external_crates[known.crate_id]?.name;
  if (crate && !["std", "core", "alloc"].includes(crate)) {
    const name = `${crate} ${known.path.join("::")}`;
    found.set(name, (found.get(name) ?? new Set()).add(place));
  }
  for (const [key, value] of Object.entries(part)) {
    if (!["docs", "span", "links", "attrs"].includes(key)) collect(value, place);
  }
}

const seen = new Set();

function visit(id, path) {
  const item = index[id];
  if (!item || item.crate_id !== 0 || seen.has(id) || item.attrs.some((attribute) => JSON.stringify(attribute).includes("hidden"))) return;
  seen.add(id);
  const place = item.name ? `${path}::${item.name}` : path;
  const [[kind, value]] = Object.entries(item.inner);
  const all = (ids) => ids.forEach((id) => id !== null && visit(id, place));
  if (kind === "module") all(value.items);
  else if (kind === "use") visit(value.id, path);
  else if (kind === "struct") {
    collect(value.generics, place);
    all(value.kind.plain?.fields ?? value.kind.tuple ?? []);
    value.impls.forEach((id) => visitImpl(id, place));
  } else if (kind === "enum") {
    collect(value.generics, place);
    all(value.variants);
    value.impls.forEach((id) => visitImpl(id, place));
  } else if (kind === "variant") all(value.kind.tuple ?? value.kind.struct?.fields ?? []);
  else if (kind === "trait") {
    collect(value.generics, place);
    collect(value.bounds, place);
    all(value.items);
  } else collect(value, place);
}

function visitImpl(id, place) {
  const implementation = index[id]?.inner.impl;
  if (!implementation || implementation.is_synthetic || implementation.blanket_impl) return;
  collect(implementation.generics, place);
  collect(implementation.trait, place);
  for (const id of implementation.items) {
    if (index[id] && (implementation.trait || index[id].visibility === "public")) visit(id, place);
  }
}

visit(root, "");

const chapter = readFileSync("docs/architecture.md", "utf8");
const [, table] = chapter.split("## Types of other crates in the interface");
const rows = table.split("\n## ")[0].split("\n").filter((line) => line.startsWith("| `"));
const listed = new Set(rows.flatMap((row) => [...row.split("|")[1].matchAll(/`([\w-]+)`/gu)].map(([, name]) => name.replaceAll("-", "_"))));

const crates = new Set([...found.keys()].map((name) => name.split(" ")[0]));
for (const [name, places] of [...found].sort()) console.log(`${name}: ${[...places].slice(0, 3).join(", ")}`);
const missing = [...crates].filter((name) => !listed.has(name)).map((name) => `no row for ${name}`);
const unused = [...listed].filter((name) => !crates.has(name)).map((name) => `${name} is not in the interface`);
for (const text of [...missing, ...unused]) console.error(`interface: ${text}`);
process.exit(missing.length + unused.length > 0 ? 1 : 0);
