// Compile time of the macros: `node tests/compile_time/measure.mjs [rounds]` prints the tables
// of docs/compile-time.md, after each round anew. Crates of many procedures are compiled in three
// forms, from their dependencies only and after an edit of one function: plain functions, those
// with functions that read their inputs and write their outputs, and procedures.
// Seconds are CPU time, because other processes may use the machine.

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { library, shapes } from "./crate.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
const folder = join(target, "compile_time");
const rounds = Number(process.argv[2] ?? 3);
const sizes = [50, 100, 200];

const manifest = (name) => `[package]
name = "${name}"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
futures = { version = "0.3", default-features = false, features = ["std"] }
orpc-runtime = { path = "${join(root, "orpc-runtime")}" }
schemars = "1"
serde = { version = "1", features = ["derive"] }
serde_json = "1"
`;

/** A crate in a folder of its own; all of them share the dependencies that are built. */
class Crate {
  constructor(name, text) {
    this.name = name;
    this.folder = join(folder, name);
    this.text = text;
    this.edits = 0;
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(join(this.folder, "src"), { recursive: true });
    writeFileSync(join(this.folder, "Cargo.toml"), manifest(name));
    copyFileSync(join(root, "Cargo.lock"), join(this.folder, "Cargo.lock"));
    this.write();
  }

  write() {
    writeFileSync(join(this.folder, "src/lib.rs"), this.text);
  }

  /** Changes the body of one function in the middle, of the first shape in every crate. */
  edit() {
    const places = [...this.text.matchAll(/\/\* EDITED \*\/ \d+/g)];
    const middle = Math.floor(places.length / 2);
    const { index, 0: found } = places[middle - (middle % shapes.length)];
    this.edits += 1;
    const edited = `/* EDITED */ ${this.edits}`;
    this.text = this.text.slice(0, index) + edited + this.text.slice(index + found.length);
    this.write();
  }

  /** Runs Cargo and gives the seconds that it took and those of the processor. */
  cargo(...commands) {
    const env = {
      ...process.env,
      CARGO_TARGET_DIR: join(folder, "target"),
      TIMEFORMAT: "%R %U %S",
    };
    for (const name of Object.keys(env)) {
      if (name.startsWith("CARGO_PROFILE") || name === "CARGO_INCREMENTAL" || name === "RUSTFLAGS")
        delete env[name];
    }
    const line = `time cargo ${commands.join(" ")} --quiet --offline`;
    const { status, stderr } = spawnSync("bash", ["-c", line], {
      cwd: this.folder,
      env,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${line} in ${this.folder}:\n${stderr}`);
    const [wall, user, system] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
    return { wall, cpu: user + system };
  }

  /** One round: from nothing, and after an edit. */
  measure() {
    const times = {};
    for (const command of ["check", "build"]) {
      this.cargo("clean", "--package", this.name);
      times[command] = this.cargo(command);
      this.edit();
      times[`${command} after an edit`] = this.cargo(command);
    }
    return times;
  }
}

const columns = ["check", "check after an edit", "build", "build after an edit"];
/** The forms, with their names in the table. */
const forms = { plain: "functions", serde: "functions with serde", attributes: "procedures" };
const crates = sizes.flatMap((count) =>
  Object.keys(forms).map((form) => {
    const crate = new Crate(`${form}-${count}`, library(count, form));
    return { count, form, crate, rounds: [] };
  }),
);

/** The round in the middle. */
function time(count, form, column) {
  const { rounds } = crates.find((it) => it.count === count && it.form === form);
  const sorted = rounds.map((times) => times[column]).toSorted((a, b) => a.cpu - b.cpu);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

function print(rounds) {
  const version = spawnSync("rustc", ["--version"], { encoding: "utf8" }).stdout.trim();
  console.log(
    `${cpus().length} cores (${cpus()[0].model}), ${version}, the one in the middle of ${rounds} rounds.\n`,
  );
  console.log("Seconds of the processor, in parentheses those that passed:\n");
  const head = `| number | of | ${columns.join(" | ")} |\n|---:|---|---:|---:|---:|---:|`;
  console.log(head);
  for (const count of sizes) {
    for (const [form, name] of Object.entries(forms)) {
      const cells = columns.map((column) => {
        const { cpu, wall } = time(count, form, column);
        return `${cpu.toFixed(2)} (${wall.toFixed(2)})`;
      });
      console.log(`| ${count} | ${name} | ${cells.join(" | ")} |`);
    }
    for (const form of ["plain", "serde"]) {
      const ratios = columns.map((column) =>
        (time(count, "attributes", column).cpu / time(count, form, column).cpu).toFixed(2),
      );
      console.log(`| ${count} | procedures ÷ ${forms[form]} | ${ratios.join(" | ")} |`);
    }
  }
  console.log(`\nMilliseconds of the processor for each procedure:\n\n${head}`);
  for (const [form, name] of Object.entries(forms)) {
    for (const count of sizes) {
      const cells = columns.map((column) =>
        ((time(count, form, column).cpu / count) * 1000).toFixed(0),
      );
      console.log(`| ${count} | ${name} | ${cells.join(" | ")} |`);
    }
  }
}

const dependencies = new Crate("dependencies", "");
dependencies.cargo("check");
dependencies.cargo("build");
for (let round = 1; round <= rounds; round += 1) {
  for (const it of crates) {
    it.rounds.push(it.crate.measure());
    console.error(round, it.crate.name, JSON.stringify(it.rounds.at(-1)));
  }
  print(round);
}
