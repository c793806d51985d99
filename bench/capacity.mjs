// Writes docs/capacity.md from results/nodes.json and results/table.json: tables by arithmetic, and curves by simulation.
import { readFileSync, writeFileSync } from "node:fs";

import { chart } from "./chart.mjs";
import { median, table } from "./markdown.mjs";
import { replace } from "./sections.mjs";

const read = (name) => JSON.parse(readFileSync(new URL(`results/${name}.json`, import.meta.url), "utf8"));

/** Part of a processor that is planned with. */
const PLANNED = 0.7;
/** Cores of a node in the tables. */
const CORES = 4;
const SEED = 1;

/** Services in the table: channels, readers of all of them, events of each channel in a second, nodes. */
const SERVICES = [
  { name: "a live blog", channels: 1, readers: 10_000, rate: 0.2, nodes: 1 },
  { name: "chats of 20", channels: 5_000, readers: 100_000, rate: 0.1, nodes: 3 },
  { name: "a board of prices", channels: 50, readers: 50_000, rate: 5, nodes: 3 },
  { name: "a match", channels: 1, readers: 300_000, rate: 1, nodes: 6 },
  { name: "notifications", channels: 1_000_000, readers: 1_000_000, rate: 0.01, nodes: 20 },
  { name: "a broadcast", channels: 1, readers: 1_000_000, rate: 1, nodes: 20 },
];

/** Returns the figures that the model calculates with, in microseconds and bytes. */
function measured() {
  const { figures, costs } = read("nodes");
  const idle = read("table").rows.find((row) => row.case === "idle-hibernating" && row.server === "ours");
  const backend = (name) => {
    const { event, comparison } = costs[name];
    const points = Object.entries(event).map(([nodes, cost]) => [Number(nodes), cost]);
    const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
    const spread = points.reduce((sum, [nodes]) => sum + (nodes - mean(0)) ** 2, 0);
    const each = points.reduce((sum, [nodes, cost]) => sum + (nodes - mean(0)) * (cost - mean(1)), 0) / spread;
    if (each <= 0) throw new Error(`${name}: more nodes took less of the processor. Measure again on a quiet machine.`);
    return { append: mean(1) - each * mean(0), each, comparison };
  };
  return {
    delivery: figures["orpc-runtime, Redis"]["node for a delivery"],
    socket: median(idle.values) * 1024,
    Redis: backend("Redis"),
    NATS: backend("NATS"),
  };
}

/** Returns the load of a service: parts of a core of the backend, parts of all cores of a node, and bytes of a node. */
export function loadOf({ channels, readers, rate, nodes }, figures, backend) {
  const following = Math.min(nodes, readers / channels);
  const { append, each, comparison } = figures[backend];
  return {
    deliveries: readers * rate,
    backend: (channels * (rate * (append + each * following) + following * comparison)) / 1e6,
    node: (readers * rate * figures.delivery) / 1e6 / nodes / CORES,
    memory: (readers / nodes) * figures.socket,
    messages: channels * rate * (1 + following),
  };
}

/** Returns numbers from 0 to 1, always the same ones (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Simulates events that pass the backend and then all nodes, each of which takes them in turn. Returns the median and the
 * 99th percentile of the milliseconds until the last reader of an event has it. `isPaced` publishes at equal intervals,
 * otherwise at random ones (Poisson). Times are in seconds.
 */
export function simulate({ rate, events, backend, node, nodes, isPaced }) {
  const next = random(SEED);
  const free = new Array(nodes).fill(0);
  const times = [];
  let now = 0;
  let backendFree = 0;
  for (let n = 0; n < events; n += 1) {
    now += isPaced ? 1 / rate : -Math.log(1 - next()) / rate;
    backendFree = Math.max(now, backendFree) + backend;
    for (let at = 0; at < nodes; at += 1) free[at] = Math.max(backendFree, free[at]) + node;
    times.push((Math.max(...free) - now) * 1000);
  }
  times.sort((one, other) => one - other);
  return [times[events >> 1], times[Math.floor(events * 0.99)]];
}

const round = (value, digits = 2) => Number(value.toPrecision(digits)).toLocaleString("en", { maximumFractionDigits: 3 });
const percent = (part) => (part < 0.001 ? "< 0.1 %" : `${round(part * 100)} %`);

function services(figures) {
  const row = (service) => {
    const [redis, nats] = ["Redis", "NATS"].map((backend) => loadOf(service, figures, backend));
    const most = Math.max(redis.node, redis.backend);
    return [
      service.name,
      ...["nodes", "channels", "readers", "rate"].map((name) => service[name].toLocaleString("en")),
      round(redis.deliveries),
      percent(redis.node),
      `${round(redis.memory / 2 ** 20)} MiB`,
      round(redis.messages),
      percent(redis.backend),
      percent(nats.backend),
      `${round(PLANNED / most)} ×`,
    ];
  };
  const head = ["service", "nodes", "channels", "readers", "events of a channel in 1 s", "deliveries in 1 s", `a node's ${CORES} cores`, "sockets of a node", "messages of the backend in 1 s", "Redis, one core", "NATS, one core", `until ${PLANNED * 100} %`];
  return table(head, SERVICES.map(row));
}

function results({ figures, nodes, sockets }) {
  const columns = Object.keys(figures);
  const pair = ([one, other]) => `${round(one, 3)} / ${round(other, 3)}`;
  const micros = (values) => pair(values.map((value) => value / 1000));
  const lines = [
    ["appends in 1 s, one publisher", "appends by 1", (value) => round(value, 3)],
    ["appends in 1 s, 64 publishers", "appends by 64", (value) => round(value, 3)],
    ["from `publish` to a reader of the same node, ms", "same node", micros],
    ["to a reader of another node, ms", "other node", micros],
    ["catching up with 10,000 events, ms", "catch-up", (value) => round(value, 3)],
    [`until ${nodes} × ${sockets.toLocaleString("en")} sockets have an event, ms`, "all have it", pair],
    ["events delivered to them in 1 s", "delivered", (value) => round(value, 3)],
    ["processor of the nodes for a delivery, µs", "node for a delivery", (value) => round(value, 3)],
  ];
  return table(["", ...columns], lines.map(([name, key, text]) => [name, ...columns.map((column) => text(figures[column][key]))]));
}

/** Draws the simulation of the machine that was measured, and the points that were measured. */
function measuredCurve(report, figures) {
  const own = report.figures["orpc-runtime, Redis"];
  // One event at a time takes this long: backend, nodes and clients share the cores.
  const alone = own["all have it"][0] / 1000;
  const points = Object.entries(own["at rates"]).map(([rate, [middle]]) => [Number(rate), middle]);
  const rates = points.map(([rate]) => rate);
  const most = Math.max(...rates);
  const backend = (figures.Redis.append + report.nodes * figures.Redis.each) / 1e6;
  const node = alone - backend;
  const curve = Array.from({ length: 60 }, (_, n) => ((n + 1) * most) / 60).map((rate) => {
    const [middle] = simulate({ rate, events: Math.round(5 * rate), backend, node, nodes: 1, isPaced: true });
    return [rate, middle];
  });
  return chart({ title: `Until ${report.nodes} × ${report.sockets} sockets have an event`, x: "events in a second", y: "ms, median", labels: rates.map((rate) => Math.round(rate)) }, [
    { name: "simulated", detail: "this machine", colour: "#8a8f98", points: curve, smooth: true },
    { name: "measured", detail: "this machine", colour: "#d9480f", points, marks: true },
  ]);
}

/** Draws the simulation of one channel with many readers on more and more nodes. */
function nodesCurve(figures) {
  const readers = 100_000;
  const lines = [1, 3, 10].map((nodes, index) => {
    const node = (readers / nodes) * (figures.delivery / 1e6 / CORES);
    const backend = (figures.Redis.append + nodes * figures.Redis.each) / 1e6;
    const limit = 0.95 / Math.max(node, backend);
    const points = Array.from({ length: 40 }, (_, n) => ((n + 1) * limit) / 40).map((rate) => [
      rate,
      simulate({ rate, events: 20_000, backend, node, nodes })[1],
    ]);
    return { name: nodes === 1 ? "one node" : `${nodes} nodes`, detail: `${CORES} cores each`, colour: ["#8a8f98", "#1c7ed6", "#d9480f"][index], points, smooth: true };
  });
  return chart({ title: "Until 100,000 readers of one channel have an event", x: "events in a second", y: "ms, 99th percentile", isLog: true, labels: [0.2, 0.5, 1, 2, 5, 10, 20, 50] }, lines);
}

/** Writes the sections and the drawings of the page. */
export function write() {
  const report = read("nodes");
  const figures = measured();
  const isBusy = report.load_average > 1 ? ` **Other programs disturbed this run (a load average of ${report.load_average} before it).**` : "";
  const unit = (value) => `${round(value, 3)} µs`;
  const model = ["Redis", "NATS"].map((name) => [name, unit(figures[name].append), unit(figures[name].each), unit(figures[name].comparison)]);
  replace("figures", `${report.rounds > 1 ? `Medians of ${report.rounds} rounds` : "Measured"} on ${report.date}: ${report.processor}, which the backend, ${report.nodes} nodes and all clients share.${isBusy}\n\n${results(report)}`, "capacity");
  const each = `A delivery takes ${round(figures.delivery)} µs of a node, an idle socket whose iterator hibernates ${round(figures.socket / 1024)} KiB.`;
  replace("model", `${table(["backend", "an event", "and for each node that follows", "a comparison"], model)}\n\n${each}`, "capacity");
  replace("services", services(figures), "capacity");
  writeFileSync(new URL("../docs/public/capacity-measured.svg", import.meta.url), measuredCurve(report, figures));
  writeFileSync(new URL("../docs/public/capacity-nodes.svg", import.meta.url), nodesCurve(figures));
}

if (import.meta.filename === process.argv[1]) write();
