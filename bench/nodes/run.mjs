// Measures publishers of several nodes on Redis and on NATS, beside oRPC's own publisher on Redis:
// `node bench/nodes/run.mjs`, with `--quick` to see that everything works. Writes results/nodes.json and docs/capacity.md.
//
// Needs redis-server; the server of NATS is that of the tests. All programs share the cores of the machine.
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { startNats } from "../../tests/client/support/nats.mjs";
import { startRedis } from "../../tests/client/support/redis.mjs";
import { write } from "../capacity.mjs";
import { median } from "../markdown.mjs";

const NODES = 3;
/** Numbers of nodes that follow a channel while the server's processor is measured. */
const FOLLOWERS = [0, 1, 2, 4];
const isQuick = process.argv.includes("--quick");
const [sockets, events, shares] = isQuick ? [50, 20, [0.2]] : [1000, 200, [0.2, 0.4, 0.6, 0.8, 0.9, 1.1]];
const ROUNDS = isQuick ? 1 : 3;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const load = Number(loadavg()[0].toFixed(2));

execFileSync("cargo", ["build", "--release", "--locked", "--quiet", "--package", "bench-nodes"], { cwd: here(".."), stdio: "inherit" });
execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: here("official"), stdio: "inherit" });
const target = process.env.CARGO_TARGET_DIR ?? here("../target");
const OURS = [join(target, "release/bench-nodes")];
const OFFICIAL = ["node", here("official/main.mjs")];

async function printed([program, ...first], ...args) {
  const { stdout } = await promisify(execFile)(program, [...first, ...args.map(String)]);
  return JSON.parse(stdout);
}

/** Starts a node; resolves to its address and its process. */
function startNode([program, ...first], url) {
  const child = spawn(program, [...first, "serve", url], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${program} has ended: ${code}`)));
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
      const address = /listening on (http:\S+)\n/u.exec(text)?.[1];
      if (address) resolve({ address, child });
    });
  });
}

/** Seconds of the processor that a process has taken, `proc_pid_stat(5)`. */
function cpuTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Runs a function beside a server that keeps the events. */
async function beside(start, run) {
  const folder = mkdtempSync(join(tmpdir(), "bench-nodes-"));
  const server = await start(folder);
  try {
    return await run(server);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Returns the names of the processor, as `proc_cpuinfo(5)` has them. */
function processor() {
  const info = readFileSync("/proc/cpuinfo", "utf8");
  const field = (name) => new RegExp(`^${name}\\s*: (.*)$`, "mu").exec(info)?.[1] ?? "unknown";
  return `${cpus().length} cores (${field("model name")}, family ${field("cpu family")}, model ${field("model")})`;
}

const micros = (seconds, count) => (seconds * 1e6) / count;

/** Returns the figures of publishers, and of sockets of several nodes. */
function measure(program, start) {
  return beside(start, async ({ url }) => {
    const publishers = await printed(program, "publishers", url);
    const nodes = await Promise.all(Array.from({ length: NODES }, () => startNode(program, url)));
    try {
      const addresses = nodes.map(({ address }) => address);
      const time = () => nodes.reduce((sum, { child }) => sum + cpuTime(child.pid), 0);
      const before = time();
      const fanOut = await printed(OURS, "sockets", sockets, events, shares.join(), ...addresses);
      const published = events + Object.keys(fanOut["at rates"]).reduce((sum, rate) => sum + 5 * rate, 0);
      return { ...publishers, ...fanOut, "node for a delivery": micros(time() - before, sockets * published * NODES) };
    } finally {
      for (const { child } of nodes) child.removeAllListeners("exit").kill("SIGKILL");
    }
  });
}

/**
 * Returns the microseconds of the server's processor for an event by the nodes that follow its channel, the median of
 * rounds that take turns, and for a comparison.
 */
function costs(start) {
  return beside(start, async ({ url, pid }) => {
    const event = Object.fromEntries(FOLLOWERS.map((nodes) => [nodes, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const nodes of FOLLOWERS) {
        const before = cpuTime(pid);
        const published = await printed(OURS, "load", url, nodes);
        event[nodes].push(micros(cpuTime(pid) - before, published));
      }
    }
    const byNodes = Object.entries(event).map(([nodes, taken]) => [nodes, median(taken)]);
    const channels = isQuick ? 100 : 5000;
    const child = spawn(OURS[0], ["wait", url, channels], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const before = cpuTime(pid);
    await once(child, "exit");
    return { event: Object.fromEntries(byNodes), comparison: micros(cpuTime(pid) - before, 5 * channels) };
  });
}

/** Returns the medians of the figures of several rounds; those at rates are of the round that delivered the median. */
function medians(rounds) {
  const middle = rounds.toSorted((one, other) => one.delivered - other.delivered)[Math.floor(rounds.length / 2)];
  const ofKey = (key) => {
    const values = rounds.map((round) => round[key]);
    if (key === "at rates") return middle[key];
    return Array.isArray(values[0]) ? values[0].map((_, at) => median(values.map((pair) => pair[at]))) : median(values);
  };
  return Object.fromEntries(Object.keys(middle).map((key) => [key, ofKey(key)]));
}

const programs = {
  "orpc-runtime, Redis": () => measure(OURS, startRedis),
  "orpc-runtime, NATS": () => measure(OURS, startNats),
  "oRPC on Node, Redis": () => measure(OFFICIAL, startRedis),
};
const measured = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, run] of Object.entries(programs)) measured[name].push(await run());
}

const report = {
  date: new Date().toISOString().slice(0, 10),
  processor: processor(),
  load_average: load,
  sockets,
  nodes: NODES,
  rounds: ROUNDS,
  figures: Object.fromEntries(Object.entries(measured).map(([name, rounds]) => [name, medians(rounds)])),
  costs: { Redis: await costs(startRedis), NATS: await costs(startNats) },
};
console.log(JSON.stringify(report, undefined, 2));
if (!isQuick) {
  writeFileSync(here("../results/nodes.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  write();
}
