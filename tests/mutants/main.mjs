// Tries the mutants of folders of the library; `tests/mutants/run` says how it is called.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { attempt, build, each, measure, tests } from "./programs.mjs";
import { copy, list, rewrite } from "./rewrite.mjs";

const [target, ...given] = process.argv.slice(2);
const { values, positionals: paths } = parseArgs({
  args: given,
  allowPositionals: true,
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    jobs: { type: "string", default: "2" },
    fresh: { type: "boolean", default: false },
    again: { type: "boolean", default: false },
  },
});
if (paths.length === 0) {
  console.error("tests/mutants/run: name files or folders of orpc-runtime/src");
  process.exit(2);
}
const jobs = Number(values.jobs);

/** A file of results that later runs read. */
const stored = (name, initial) => {
  const path = join(target, name);
  const value = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : initial;
  return { value, save: () => writeFileSync(path, JSON.stringify(value, null, 1)) };
};

const folder = join(target, "source");
const scratch = join(target, "scratch");
mkdirSync(folder, { recursive: true });
mkdirSync(scratch, { recursive: true });
const sources = copy(folder);
const pathOf = ({ file }) => paths.find((path) => file.startsWith(`orpc-runtime/src/${path}`));
const listed = list(paths);

// Constants are limits, and those of a function that is none cannot be chosen.
const constants = listed.filter(({ fn }) => !fn);
const hash = new Map([...sources].map(([file, text]) => [file, createHash("sha256").update(text).digest("hex")]));
const memory = ({ file, name }) => `${hash.get(file)} ${name} `;
const uncompiled = stored("uncompiled.json", []);
const known = new Set(uncompiled.value);
let mutants = listed.filter((mutant) => mutant.fn && !known.has(memory(mutant)));

let programs;
let foreign;
for (;;) {
  console.log(`building ${mutants.length} mutants`);
  const built = await build(folder, rewrite(folder, sources, mutants));
  programs = built.programs;
  if (programs) {
    foreign = mutants.filter((mutant) => !built.compiled.has(mutant));
    mutants = mutants.filter((mutant) => built.compiled.has(mutant));
    break;
  }
  uncompiled.value.push(...[...built.failed].map(memory));
  uncompiled.save();
  mutants = mutants.filter((mutant) => !built.failed.has(mutant));
}

// Programs that are the same have the same tests.
const measured = stored("measured.json", {});
const built = programs.map((program) => [program, statSync(program).mtimeMs]);
if (JSON.stringify(measured.value.built) !== JSON.stringify(built)) {
  const all = tests(programs);
  console.log(`measuring ${all.length} tests`);
  Object.assign(measured.value, { built, ...(await measure(all, scratch, jobs, folder)) });
  measured.save();
}
const { usable, unusable } = measured.value;
for (const { name, outcome } of unusable) console.log(`left out, ${outcome} without a mutant: ${name}`);

/** A generator of random numbers below one (mulberry32). */
const random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

const outcomes = stored("outcomes.json", {});
const chosen = paths.flatMap((path) => {
  const next = random(Number(values.seed));
  const before = ({ key }) => outcomes.value[key]?.outcome;
  const own = mutants
    .filter((mutant) => pathOf(mutant) === path)
    .filter((mutant) => !values.fresh || !before(mutant))
    .filter((mutant) => !values.again || before(mutant) === "unnoticed");
  const order = own.map((mutant) => [next(), mutant]).sort(([a], [b]) => a - b);
  return order.slice(0, Number(values.sample ?? order.length)).map(([, mutant]) => mutant);
});

console.log(`trying ${chosen.length} of ${mutants.length} mutants that compile, seed ${values.seed}`);
let done = 0;
await each(chosen, jobs, async (mutant, job) => {
  const end = await attempt(mutant, usable, join(scratch, `tmp-${job}`), folder);
  mutant.end = end;
  outcomes.value[mutant.key] = end;
  outcomes.save();
  done += 1;
  if (end.outcome !== "noticed") {
    console.log(`${done}/${chosen.length} ${end.outcome}${end.reason ? `, ${end.reason}` : ""}: ${mutant.name.replace(/\s+/gu, " ")}`);
  }
});

console.log("\n| folder | viable mutants | tried | noticed | of those by their time | unnoticed | noticed |\n|---|---|---|---|---|---|---|");
for (const path of paths) {
  const tried = chosen.filter((mutant) => pathOf(mutant) === path);
  const count = (outcome) => tried.filter(({ end }) => end.outcome === outcome).length;
  const noticed = count("noticed") + count("late");
  const share = tried.length > 0 ? ((100 * noticed) / tried.length).toFixed(1) : "–";
  const viable = mutants.filter((mutant) => pathOf(mutant) === path).length;
  console.log(`| \`${path}\` | ${viable} | ${tried.length} | ${noticed} | ${count("late")} | ${count("unnoticed")} | ${share} % |`);
}
const left = listed.length - constants.length - foreign.length - mutants.length;
console.log(`\nleft out: ${constants.length} in constants, ${foreign.length} of other systems, ${left} that do not compile`);
