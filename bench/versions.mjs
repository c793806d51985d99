// Prints the versions of the compared packages as JSON, as the lock file and the manifest have them.
import { readFileSync } from "node:fs";

const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const versions = {};
const lock = read("Cargo.lock");
for (const name of ["axum", "hyper", "serde_json", "tokio", "tokio-tungstenite", "orpc", "jsonrpsee"]) {
  const version = new RegExp(`name = "${name}"\nversion = "(.*)"`, "u").exec(lock)?.[1];
  if (version) versions[name] = version;
}
const { dependencies } = JSON.parse(read("servers/official/package.json"));
console.log(JSON.stringify({ ...versions, node: process.versions.node, ...dependencies }));
