import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { randomFrom } from "../../client/support/random-values.mjs";
import { fault, shown } from "./support/checker.mjs";
import { accepted, procedures } from "./support/client-type.mjs";
import { expression } from "./support/expressions.mjs";
import { KNOWN } from "./support/known.mjs";
import { mutated } from "./support/mutations.mjs";
import { startServer } from "./support/server.mjs";
import { Values } from "./support/values.mjs";

const VALUES = Number(process.env.TORTURE_VALUES ?? 25);
const MUTATIONS = Number(process.env.TORTURE_MUTATIONS ?? 8);
const SEED = Number(process.env.TORTURE_SEED ?? 2);
const FEWEST_TYPES = 120;
/** Number of faults of one type that are shown. */
const SHOWN = 2;

const folder = fileURLToPath(new URL(".", import.meta.url));
const run = promisify(execFile);

const all = procedures();
const echoes = all
  .filter(({ path }) => path[1] === "echo")
  .map((echo) => ({ ...echo, name: `${echo.path[0]}.${echo.path[2]}` }));
const samplesOf = ({ path: [group, , name] }) =>
  all.find(({ path }) => path[0] === group && path[1] === "samples" && path[2] === name);
const call = (client, path, input) => path.reduce((at, name) => at[name], client)(input);

/** Lists what was found, and fails if it is anything. */
function expectNone(found, what) {
  if (found.length === 0) return;
  const seen = new Map();
  const few = found.filter((line) => {
    const [name] = line.split(" ");
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return seen.get(name) <= SHOWN;
  });
  assert.fail(
    `${what}: ${found.length}, of ${seen.size} types\n${few.map((line) => `  ${line.slice(0, 500)}`).join("\n")}`,
  );
}

/** Returns `true` if a value has members that TypeScript treats as inherited ones of every
 * object. */
const hasInherited = (value) =>
  typeof value === "object" &&
  value !== null &&
  (Object.keys(value).some((name) => name in {}) || Object.values(value).some(hasInherited));

/** Seed of the random values of a type, independent of other types. */
const seedOf = (name) => [...name].reduce((seed, char) => (31 * seed + char.codePointAt(0)) % 2 ** 31, SEED);

const reason = (error) =>
  `${error.code ?? error.name} ${error.message} ${JSON.stringify(error.data ?? "")}`.slice(0, 300);

for (const [compiler, version] of [
  ["typescript", "5.9.3"],
  ["typescript-newest", "7.0.2"],
]) {
  test(`the client's type compiles with TypeScript ${version}`, async () => {
    const tsc = `node_modules/${compiler}/bin/tsc`;
    const said = await run(process.execPath, [tsc, "--version"], { cwd: folder });
    assert.equal(said.stdout.trim(), `Version ${version}`);
    await run(process.execPath, [tsc, "--project", "tsconfig.json"], { cwd: folder }).catch((error) =>
      assert.fail(error.stdout),
    );
  });
}

test(`there are at least ${FEWEST_TYPES} types`, (t) => {
  t.diagnostic(`${echoes.length} types`);
  assert.ok(echoes.length >= FEWEST_TYPES, `${echoes.length}`);
});

describe("types and run time agree", () => {
  let server;
  const used = new Set();
  const use = (name) => (used.add(name), 1);
  before(async () => (server = await startServer()));
  after(async () => assert.equal(await server?.stop(), 0));

  for (const link of ["HTTP", "WebSocket"]) {
    test(`values of an input's type are accepted, and results have the output's type, over ${link}`, async (t) => {
      const client = server.clients[link];
      const refused = [];
      const wrong = [];
      let sent = 0;
      let known = 0;
      for (const echo of echoes) {
        const values = new Values(randomFrom(seedOf(echo.name)));
        const inputs = Array.from({ length: VALUES }, () => values.of(echo.input));
        let taken = 0;
        const exception = KNOWN[echo.name];
        await Promise.all(
          inputs.map(async (input) => {
            const own = fault(input, echo.input);
            if (own !== undefined) wrong.push(`${echo.name} is not what was made for it: ${own}`);
            sent += 1;
            let output;
            try {
              output = await call(client, echo.path, input);
            } catch (error) {
              if (exception?.refuses?.(input)) known += use(echo.name);
              else refused.push(`${echo.name} refuses ${shown(input)}: ${reason(error)}`);
              return;
            }
            taken += 1;
            const found = fault(output, echo.output);
            if (found === undefined) return;
            if (exception?.changes?.(input)) known += use(echo.name);
            else wrong.push(`${echo.name} made of ${shown(input)}: ${found}`);
          }),
        );
        if (taken === 0) refused.push(`${echo.name} refuses all that was made for it`);
      }
      t.diagnostic(`${sent} values of ${echoes.length} types sent, ${known} of them known exceptions`);
      expectNone([...refused, ...wrong], "refused or wrong");
    });

    test(`values from Rust have the output's type, and are accepted if they have the input's, over ${link}`, async (t) => {
      const client = server.clients[link];
      const faults = [];
      let got = 0;
      let returned = 0;
      let known = 0;
      for (const echo of echoes) {
        const { path, output } = samplesOf(echo);
        const samples = await call(client, path);
        assert.ok(samples.length > 0, echo.name);
        for (const sample of samples) {
          got += 1;
          const found = fault(sample, output.item());
          if (found !== undefined) {
            if (KNOWN[echo.name]?.gives?.(sample)) known += use(echo.name);
            else faults.push(`${echo.name} gave ${found}`);
            continue;
          }
          if (fault(sample, echo.input) !== undefined) continue;
          returned += 1;
          await call(client, echo.path, sample).then(
            (output) => {
              const found = fault(output, echo.output);
              if (found !== undefined) faults.push(`${echo.name} made of ${shown(sample)}: ${found}`);
            },
            (error) => {
              if (KNOWN[echo.name]?.refuses?.(sample)) known += use(echo.name);
              else faults.push(`${echo.name} refuses ${shown(sample)}: ${reason(error)}`);
            },
          );
        }
      }
      t.diagnostic(
        `${got} values of ${echoes.length} types got, ${returned} of them sent back, ${known} known exceptions`,
      );
      expectNone(faults, "faults");
    });
  }

  test("every exception is necessary", (t) => {
    for (const name of used) t.diagnostic(`${name}: ${KNOWN[name].because}`);
    const unused = Object.keys(KNOWN).filter((name) => !used.has(name) && !KNOWN[name].isRare);
    assert.deepEqual(unused, []);
  });

  test("a value that is not of a type is refused, by TypeScript, the check and the server", async (t) => {
    const client = server.clients.HTTP;
    const cases = echoes.flatMap((echo) => {
      const random = randomFrom(seedOf(echo.name));
      const values = new Values(random);
      return Array.from({ length: MUTATIONS }, () => ({
        echo,
        path: echo.path,
        side: "input",
        value: mutated(values.of(echo.input), random),
      }));
    });
    const valid = echoes.flatMap((echo) => {
      const values = new Values(randomFrom(seedOf(echo.name)));
      return Array.from({ length: 5 }, () => ({ echo, path: echo.path, side: "input", value: values.of(echo.input) }));
    });
    const verdicts = accepted([...cases, ...valid].map((one) => ({ ...one, expression: expression(one.value) })));
    const faults = [];
    const count = { refused: 0, byServer: 0 };
    const byType = new Map(echoes.map(({ name }) => [name, 0]));
    for (const [index, { echo, value }] of [...cases, ...valid].entries()) {
      const found = fault(value, echo.input);
      if (index >= cases.length) {
        if (!verdicts[index] && !hasInherited(value)) faults.push(`${echo.name}: TypeScript refuses ${shown(value)}`);
        continue;
      }
      if (verdicts[index]) continue;
      if (found === undefined) {
        if (!hasInherited(value)) faults.push(`${echo.name}: the check takes ${shown(value)}, TypeScript does not`);
        continue;
      }
      count.refused += 1;
      byType.set(echo.name, byType.get(echo.name) + 1);
      await call(client, echo.path, value).catch((error) => {
        if (error.code === "BAD_REQUEST") count.byServer += 1;
        else faults.push(`${echo.name} fails at ${shown(value)}: ${reason(error)}`);
      });
    }
    const untested = [...byType].filter(([, refused]) => refused === 0).map(([name]) => name);
    t.diagnostic(
      `${count.refused} of ${cases.length} changed values are not of their types: the check refuses all of them, the server ${count.byServer}`,
    );
    expectNone(faults, "faults");
    const ofAny = echoes.filter(({ input }) => input.kind === "unknown").map(({ name }) => name);
    assert.deepEqual(untested, ofAny, "there is a value that is not of it for any type but `unknown`");
    assert.ok(count.byServer > 0.9 * count.refused, "the server refuses most of them");
  });
});
