// Counts the instructions and allocations of calls in process, by callgrind, and compares them with
// results/counts.json: no figure may grow by more than 5 %.
//
//   node bench/counts.mjs           fails if one has grown
//   node bench/counts.mjs --write   writes the figures there and into docs/performance.md
//
// The difference of two runs has no start-up in it. The figures depend on the compiler and on the versions of the
// dependencies; another machine gives the same ones. Needs Rust, Node 20 or newer and valgrind.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { table } from "./markdown.mjs";
import { replace } from "./sections.mjs";

const BENCH = new URL(".", import.meta.url);
const RESULTS = new URL("results/counts.json", import.meta.url);
const CALLS = [100, 600];
/** Growth that is allowed. */
const MOST = 1.05;

/** Links and procedures that are counted. */
const COUNTED = {
  peer: ["nothing", "ping", "echo", "order", "any", "profile", "readEcho", "readOrder"],
  http: ["ping", "echo", "order"],
  serde: ["nothing", "echo", "order", "readEcho", "readOrder"],
};

/** Inputs that are read and checked, beside serde that reads them alone: the limit of the instructions' ratio. */
const READ = { readEcho: 1.35, readOrder: 1.4 };

/** Functions that read an input, each with all that it calls. */
const READERS = { peer: /InputDecoder<\w+>::decode_text$/u, serde: /::read_by_serde$/u };

function build() {
  const options = ["build", "--release", "--locked", "--quiet", "--package", "bench-counts", "--message-format=json"];
  // With one codegen unit nothing depends on which functions happen to be compiled together.
  const profile = { CARGO_PROFILE_RELEASE_LTO: "off", CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "1" };
  const env = { ...process.env, ...profile, RUSTC_WORKSPACE_WRAPPER: "" };
  const lines = execFileSync("cargo", options, { cwd: fileURLToPath(BENCH), env, maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "inherit"] });
  const artifacts = String(lines).trim().split("\n").map((line) => JSON.parse(line));
  return artifacts.findLast(({ executable }) => executable).executable;
}

/** Functions that allocate. */
const ALLOCATE = new Set(["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc"]);

/** Runs a number of calls, and returns the instructions, the allocations, and the instructions of reading inputs. */
function run(program, folder, link, procedure, calls) {
  const out = join(folder, "callgrind.out");
  const options = ["--tool=callgrind", `--callgrind-out-file=${out}`, program, link, procedure, String(calls)];
  execFileSync("valgrind", options, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, RUST_BACKTRACE: "0" } });
  const text = readFileSync(out, "utf8");
  const counted = { instructions: Number(/^(?:summary|totals): (\d+)/mu.exec(text)[1]), allocations: 0, reading: 0 };
  const names = new Map();
  let callee;
  // The line behind `calls=` has the instructions of the callee, with all that it calls.
  let isCall = false;
  for (const line of text.split("\n")) {
    const name = /^c?fn=\((\d+)\)(?: (.*))?$/u.exec(line);
    if (name?.[2]) names.set(name[1], name[2]);
    if (name && line[0] === "c") callee = names.get(name[1]);
    if (isCall && READERS[link]?.test(callee)) counted.reading += Number(line.split(" ")[1]);
    const called = /^calls=(\d+)/u.exec(line);
    isCall = called !== null;
    if (called && ALLOCATE.has(callee)) counted.allocations += Number(called[1]);
  }
  return counted;
}

function count(program) {
  const folder = mkdtempSync(join(tmpdir(), "counts-"));
  try {
    const counts = {};
    for (const [link, procedures] of Object.entries(COUNTED)) {
      for (const procedure of procedures) {
        const [few, many] = CALLS.map((calls) => run(program, folder, link, procedure, calls));
        const each = (figure) => (many[figure] - few[figure]) / (CALLS[1] - CALLS[0]);
        counts[`${link} ${procedure}`] = {
          instructions: Math.round(each("instructions")),
          allocations: Math.round(10 * each("allocations")) / 10,
          ...(procedure in READ && { reading: Math.round(each("reading")) }),
        };
      }
    }
    return counts;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns what reading an input takes; its allocations are the difference to a call without one. */
function reading(counts, link, procedure) {
  const [call, none] = [counts[`${link} ${procedure}`], counts[`${link} nothing`]];
  if (!call.reading) throw new Error(`no function of ${link} is named as the one that reads inputs: adapt READERS`);
  return { instructions: call.reading, allocations: call.allocations - none.allocations };
}

const counts = count(build());
const rustc = String(execFileSync("rustc", ["--version"])).trim();

const rows = Object.entries(counts).map(([name, { instructions, allocations }]) => [`\`${name}\``, instructions.toLocaleString("en"), allocations.toFixed(1)]);
const readings = Object.keys(READ).map((procedure) => {
  const [ours, serde] = ["peer", "serde"].map((link) => reading(counts, link, procedure));
  return { procedure, ours, serde, ratio: ours.instructions / serde.instructions };
});
const readingRows = readings.map(({ procedure, ours, serde, ratio }) => [
  `\`${procedure}\``,
  ours.instructions.toLocaleString("en"),
  serde.instructions.toLocaleString("en"),
  ratio.toFixed(2),
  ours.allocations.toFixed(1),
  serde.allocations.toFixed(1),
]);
const tables = [
  table(["call", "instructions", "allocations"], rows),
  table(["input", "instructions", "serde alone", "ratio", "allocations", "serde alone"], readingRows),
];
console.log(tables.join("\n\n"));

if (process.argv.includes("--write")) {
  writeFileSync(RESULTS, `${JSON.stringify({ rustc, counts }, undefined, 2)}\n`);
  replace("counts", `${rustc}.\n\n${tables.join("\n\n")}`);
} else {
  const known = JSON.parse(readFileSync(RESULTS, "utf8"));
  const failures = Object.entries(counts).flatMap(([name, now]) =>
    ["instructions", "allocations"].flatMap((figure) => {
      const before = known.counts[name]?.[figure];
      if (before === undefined) return [`${name} is not in bench/results/counts.json: run node bench/counts.mjs --write`];
      return now[figure] > before * MOST + 0.1 ? [`${name}: ${now[figure]} ${figure}, ${before} before (with ${known.rustc})`] : [];
    }),
  );
  for (const { procedure, ours, serde, ratio } of readings) {
    if (ratio > READ[procedure]) failures.push(`${procedure}: ${ratio.toFixed(2)} times the instructions of serde alone, of which ${READ[procedure]} are allowed`);
    if (ours.allocations > serde.allocations + 0.1) failures.push(`${procedure}: ${ours.allocations} allocations, ${serde.allocations} by serde alone`);
  }
  if (failures.length > 0) {
    console.error(failures.join("\n"));
    process.exit(1);
  }
}
