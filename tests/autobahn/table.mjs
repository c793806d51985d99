// Writes a Markdown table of a run of the suite: table.mjs <spec.json> <table.md>
// Fails if a case did not pass, and prints what the suite says about it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [, , specPath, tablePath] = process.argv;
const json = (path) => JSON.parse(readFileSync(path, "utf8"));
const spec = json(specPath);
const { agent } = spec.servers[0];

/** Verdicts of the suite that are always columns. Other verdicts are columns if they occur. */
const VERDICTS = ["OK", "NON-STRICT", "FAILED", "INFORMATIONAL", "UNIMPLEMENTED"];

/** Compression, which the server does not offer. */
const NOT_OFFERED = new Set(["12", "13"]);

/** The suite stops without an error if it cannot connect; what was not run is in no report. */
const MISSING = "NOT RUN";

const index = json(join(spec.outdir, "index.json"))[agent] ?? {};
const cases = spec.cases.map((id) => {
  const category = id.split(".")[0];
  const entry = index[id];
  if (!entry) return { id, category, description: "", behavior: MISSING, behaviorClose: MISSING };
  return { ...json(join(spec.outdir, entry.reportfile)), id, category };
});
const bad = cases.filter(({ category, behavior, behaviorClose }) => {
  const notOffered = behavior === "UNIMPLEMENTED" && NOT_OFFERED.has(category);
  return !(notOffered || passes(behavior)) || !passes(behaviorClose);
});

function passes(verdict) {
  return verdict === "OK" || verdict === "INFORMATIONAL";
}

/** Counts by verdict, one for each column. */
function counts(verdicts) {
  return columns.map((column) => verdicts.filter((verdict) => verdict === column).length || "");
}

/** First words of the suite's description of a case, which goes on for lines, with HTML and octets. */
function short(description) {
  const LONGEST = 120;
  let text = description.split("<")[0].replace(/\s+/g, " ").trim();
  if (text.length > LONGEST) text = `${text.slice(0, text.lastIndexOf(" ", LONGEST)).replace(/[,.;:]$/, "")} …`;
  return text.replace(/[\\|*_`]/g, "\\$&");
}

const row = (cells) => `| ${cells.join(" | ")} |`;

const columns = [...new Set([...VERDICTS, ...cases.flatMap((one) => [one.behavior, one.behaviorClose])])];
const categories = [...new Set(cases.map((one) => one.category))];
const lines = [
  "# Autobahn",
  "",
  `The [Autobahn test suite](https://github.com/crossbario/autobahn-testsuite) ${spec.version}`,
  "as a client of an echo server that upgrades with this crate. Written by",
  "`tests/autobahn/run docs/autobahn.md`, which fails unless every case is OK or INFORMATIONAL,",
  "the latter where RFC 6455 leaves the outcome open. UNIMPLEMENTED are the cases of",
  "`permessage-deflate`, 12 and 13: the server does not offer compression.",
  "",
  row(["cases", "", "run", ...columns]),
  `|---|---|${"---:|".repeat(columns.length + 1)}`,
];
for (const category of categories) {
  const those = cases.filter((one) => one.category === category);
  const verdicts = those.map((one) => one.behavior);
  lines.push(row([category, spec.categories[category] ?? "", those.length, ...counts(verdicts)]));
}
lines.push(row(["all", "", cases.length, ...counts(cases.map((one) => one.behavior))]));
lines.push(row(["all", "how the socket closes", cases.length, ...counts(cases.map((one) => one.behaviorClose))]));
for (const category of categories) {
  lines.push("", `## ${category} ${spec.categories[category] ?? ""}`.trimEnd(), "");
  lines.push(row(["case", "", "behaviour", "close"]), "|---|---|---|---|");
  for (const one of cases.filter((one) => one.category === category)) {
    lines.push(row([one.id, short(one.description), one.behavior, one.behaviorClose]));
  }
}
writeFileSync(tablePath, `${lines.join("\n")}\n`);

for (const one of bad.filter((one) => one.behavior !== MISSING)) {
  console.error(`${one.id}: ${one.behavior}, close: ${one.behaviorClose}`);
  console.error(`  ${one.result} ${one.resultClose}`);
  console.error(`  expected ${JSON.stringify(one.expected).slice(0, 1000)}`);
  console.error(`  received ${JSON.stringify(one.received).slice(0, 1000)}`);
}
const missing = cases.filter((one) => one.behavior === MISSING);
if (missing.length > 0) console.error(`not run: ${missing.map((one) => one.id).join(" ")}`);
const total = counts(cases.map((one) => one.behavior));
const summary = columns.map((column, at) => `${column} ${total[at] || 0}`).join(", ");
console.log(`${cases.length} cases: ${summary}; ${bad.length} did not pass. The table is ${tablePath}`);
process.exitCode = bad.length > 0 ? 1 : 0;
