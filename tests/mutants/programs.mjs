// Builds the copy without the mutants that do not compile, and runs its tests.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { grouped, PROBE } from "./rewrite.mjs";

/** A test that takes longer is not run. */
const LONGEST = 45_000;

/** Compile errors of the macros, which no change of the library alters. */
const LEFT_OUT = /\bcompile_fail\b/u;

const cargo = (folder, options) =>
  new Promise((resolve, reject) => {
    const child = spawn("cargo", [...options, "--message-format=json", "--quiet"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.on("error", reject);
    child.on("close", () => resolve(output.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line))));
  });

const PACKAGE = ["--package", "orpc-runtime", "--all-features"];

/** Compiles the copy. Returns its programs and the mutants that are in them, or those that do not compile. */
export async function build(folder, regions) {
  const compiled = new Set();
  for (const options of [["check", ...PACKAGE, "--lib"], ["test", "--no-run", ...PACKAGE, "--lib", "--test", "it"]]) {
    const messages = await cargo(folder, options);
    const errors = messages.filter(({ reason, message }) => reason === "compiler-message" && message.level === "error");
    const failed = new Set(errors.filter(({ message }) => message.spans.length > 0).flatMap(({ message }) => culprits(message, regions)));
    if (failed.size > 0) return { failed };
    if (errors.length > 0) throw new Error(errors.map(({ message }) => message.rendered).join("\n"));
    for (const { message } of messages) {
      if (message?.message === `unused variable: \`${PROBE}\``) culprits(message, regions).forEach((mutant) => compiled.add(mutant));
    }
    const programs = messages.filter(({ executable, profile }) => executable && profile.test).map(({ executable }) => executable);
    if (programs.length > 0) return { programs, compiled };
  }
  throw new Error("nothing was built");
}

/** The mutants that an error is of. */
function culprits(message, regions) {
  const places = message.spans.flatMap((span) => [...expansions(span)]);
  places.sort((a, b) => b.is_primary - a.is_primary);
  for (const { file_name, line_start } of places) {
    const region = regions.find(({ file, first, last }) => file === file_name && first <= line_start && line_start <= last);
    if (!region) continue;
    // Closures of several bodies have several types, which a function with an `impl` type cannot return.
    const isOpaque = region.mutants.some(({ fn }) => /\bimpl\b/u.test(fn.return_type));
    return isOpaque ? regions.flatMap(({ mutants }) => mutants).filter(({ function: fn }) => fn === region.mutants[0].function) : region.mutants;
  }
  // A constant that calls a function which had to be no longer constant.
  const [, name] = /non-const (?:associated function|function|method) `(?:.*::)?(\w+)(?:::<.*>)?`/u.exec(message.message) ?? [];
  const named = regions.flatMap(({ mutants }) => mutants).filter(({ fn }) => fn.function_name.split("::").at(-1) === name);
  if (named.length > 0) return named;
  throw new Error(`an error in no function with mutants:\n${message.rendered}`);
}

function* expansions(span) {
  for (let at = span; at; at = at.expansion?.span) yield { ...at, is_primary: span.is_primary };
}

/** Returns the tests of the programs. */
export function tests(programs) {
  return programs.flatMap((program) => {
    const names = (option) => {
      const output = execFileSync(program, ["--list", "--format", "terse", ...option], { encoding: "utf8", maxBuffer: 1 << 28 });
      return [...output.matchAll(/^(.+): test$/gmu)].map(([, name]) => name);
    };
    const ignored = new Set(names(["--ignored"]));
    return names([]).filter((name) => !ignored.has(name) && !LEFT_OUT.test(name)).map((name) => ({ program, name }));
  });
}

/** Runs each test by itself, and sets its time and the functions that it reaches. Returns those to try mutants with. */
export async function measure(all, scratch, jobs, cwd) {
  const usable = [];
  const unusable = [];
  await each(all, jobs, async (test, job) => {
    const reached = join(scratch, `reached-${job}`);
    rmSync(reached, { force: true });
    const begun = performance.now();
    const end = await run([test], { MUTANTS_REACHED: reached }, join(scratch, `tmp-${job}`), cwd, LONGEST);
    test.time = performance.now() - begun;
    const numbers = existsSync(reached) ? readFileSync(reached, "utf8").trim().split("\n").filter(Boolean).map(Number) : [];
    test.reached = [...new Set(numbers)];
    if (end.outcome === "passed") usable.push(test);
    else unusable.push({ name: test.name, outcome: end.outcome });
  });
  return { usable, unusable };
}

/** Tests of which each takes at most so long, in milliseconds, run together before the slower ones. */
const CLASSES = [150, 1_000, 5_000, Infinity];

/** Tries a mutant with the tests that reach it. Returns the outcome and the test that has noticed it. */
export async function attempt(mutant, usable, scratch, cwd) {
  const flaky = [];
  let rest = usable.filter(({ reached }) => reached.includes(mutant.function));
  if (rest.length === 0) return { outcome: "unnoticed", reason: "no test reaches it" };
  for (const [index, longest] of CLASSES.entries()) {
    const shortest = CLASSES[index - 1] ?? 0;
    const group = rest.filter(({ time }) => time > shortest && time <= longest);
    for (const own of grouped(group, ({ program }) => program).values()) {
      const waiting = own.sort((a, b) => a.time - b.time);
      while (waiting.length > 0) {
        // The limit is one for the next test to end, which starts again at each.
        const limit = 20_000 + 10 * waiting.at(-1).time;
        const end = await run(waiting, { MUTANT: mutant.number }, scratch, cwd, limit);
        if (end.outcome === "passed") break;
        const test = waiting.findIndex(({ name }) => name === end.test);
        if (test === -1) return { outcome: end.outcome === "late" ? "late" : "noticed", test: end.outcome, flaky };
        // It must fail once more, by itself, since some fail without a mutant on busy cores.
        const once = await run([waiting[test]], { MUTANT: mutant.number }, scratch, cwd, limit);
        if (once.outcome !== "passed") return { outcome: "noticed", test: end.test, flaky };
        flaky.push(end.test);
        waiting.splice(test, 1);
      }
    }
  }
  return { outcome: "unnoticed", flaky };
}

/** Runs tests of one program in a process until one fails, or none ends within the limit. */
function run(group, environment, scratch, cwd, limit) {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  return new Promise((resolve, reject) => {
    const options = [...group.map(({ name }) => name), "--exact", "--test-threads=4"];
    const child = spawn(group[0].program, options, {
      cwd: join(cwd, "orpc-runtime"),
      env: { ...process.env, ...environment, TMPDIR: scratch, RUST_BACKTRACE: "0", CARGO_MANIFEST_DIR: join(cwd, "orpc-runtime") },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    let end;
    const stop = (outcome, test) => {
      end ??= { outcome, test };
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // All of its processes have ended.
      }
    };
    let timer = setTimeout(() => stop("late"), limit);
    let line = "";
    child.stdout.on("data", (data) => {
      line += data;
      const lines = line.split("\n");
      line = lines.pop();
      for (const text of lines) {
        const [, name, result] = /^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED)/u.exec(text) ?? [];
        if (!result) continue;
        clearTimeout(timer);
        timer = setTimeout(() => stop("late"), limit);
        if (result === "FAILED") stop("failed", name);
      }
    });
    child.on("error", reject);
    child.on("close", (status) => {
      clearTimeout(timer);
      stop(status === 0 ? "passed" : "crashed");
      rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
      resolve(end);
    });
  });
}

/** Does something for each of a list, for some at the same time. */
export async function each(list, jobs, action) {
  const queue = list.values();
  const worker = async (_, job) => {
    for (const item of queue) await action(item, job);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}
