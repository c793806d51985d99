// Starts the module of a worker, and keeps what arrives until it runs: new Worker(url, { type: "module" }).
import start from "./module.js";

const TYPES = ["connect", "message"];
const early = [];
const keep = (event) => early.push(event);
for (const type of TYPES) addEventListener(type, keep);

start().then(() => {
  for (const type of TYPES) removeEventListener(type, keep);
  for (const { type, data, ports } of early) dispatchEvent(new MessageEvent(type, { data, ports: [...ports] }));
});
