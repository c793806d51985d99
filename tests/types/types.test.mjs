// Types of the client and its companions for generated types; a wrong type must be detected.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { COMPILERS, compile } from "./support/compilers.mjs";
import { EDGES } from "./support/edges.mjs";
import { openRouters } from "./support/routers.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));
const conformance = join(folder, "../conformance");

before(async () => {
  const routers = openRouters();
  const { client, contract } = await routers.files(EDGES);
  routers.close();
  mkdirSync(join(folder, "generated/edges"), { recursive: true });
  writeFileSync(join(folder, "generated/edges/client.ts"), client);
  writeFileSync(join(folder, "generated/edges/contract.ts"), contract);
});

describe("the types of a client", () => {
  for (const compiler of COMPILERS) {
    it(`are what they should be to ${compiler}`, async () => {
      assert.deepEqual(await compile(compiler, "--project", "tsconfig.json"), { code: 0, output: "" });
    });
  }
});

/** Changes of generated files, each of which makes a type that it should not be. */
const CHANGES = [
  ["an output is another one", "client.ts", "ping: ProcedureClient<C, undefined, string,", "ping: ProcedureClient<C, undefined, number,"],
  ["an output is any", "client.ts", "make: ProcedureClient<C, Wanted, File,", "make: ProcedureClient<C, Wanted, any,"],
  ["an input is taken where there is none", "client.ts", "headers: ProcedureClient<C, undefined,", "headers: ProcedureClient<C, unknown,"],
  ["an input is asked for where there is none", "client.ts", "ping: ProcedureClient<C, undefined,", "ping: ProcedureClient<C, null,"],
  ["a field is missing", "client.ts", "  tags: string[];\n", ""],
  ["a field is optional", "client.ts", "  text: string;", "  text?: string | undefined;"],
  ["a field is not optional", "client.ts", "note?: string | null | undefined", "note: string | null | undefined"],
  ["a field cannot be undefined", "client.ts", "maybe?: Date | null | undefined", "maybe?: Date | null"],
  ["a field is of another type", "client.ts", "big: bigint", "big: number"],
  ["a variant is called otherwise", "client.ts", 'kind: "circle"', 'kind: "disc"'],
  ["a code is another one", "client.ts", '"RATE_LIMITED"', '"RATE_LIMIT"'],
  ["the data of an error are others", "client.ts", "retryAfter: number;\n            }\n          >", "retryAfter: string;\n            }\n          >"],
  ["no error can be thrown but declared ones", "client.ts", "ping: ProcedureClient<C, undefined, string, ThrowableError>", "ping: ProcedureClient<C, undefined, string, never>"],
  ["events are others", "client.ts", "AsyncIteratorClass<string, void, void>", "AsyncIteratorClass<number, void, void>"],
  ["the last value of events is another one", "client.ts", "AsyncIteratorClass<Count, void, void>", "AsyncIteratorClass<Count, number, void>"],
  ["events are asked for that are others", "client.ts", "AsyncIteratorObject<number, unknown, void>", "AsyncIteratorObject<number, void, void>"],
  ["the context does not reach a procedure", "client.ts", "ping: ProcedureClient<C,", "ping: ProcedureClient<Record<never, never>,"],
  ["a procedure is called otherwise", "client.ts", "whoAmI", "whoami"],
  ["a method of a durable iterator is called otherwise", "client.ts", "        say: ", "        tell: "],
  ["a method of a durable iterator has another input", "client.ts", "Say, void,", "Say | null, void,"],
  ["the events of a durable iterator are others", "client.ts", "AsyncIteratorClass<RoomMessage,", "AsyncIteratorClass<Say,"],
  ["a group is called otherwise", "client.ts", "chat: {", "chats: {"],
  ["the contract has another output", "contract.ts", ".output(type<string>())", ".output(type<number>())"],
  ["the contract has another input", "contract.ts", ".input(type<Echo>())", ".input(type<Echo | null>())"],
  ["the contract has another code", "contract.ts", "RATE_LIMITED", "RATE_LIMIT"],
  ["the contract lacks a procedure", "contract.ts", "  whoAmI: oc", "  whoareyou: oc"],
];

describe("the tests of the types fail", () => {
  const root = mkdtempSync(join(tmpdir(), "types-"));
  let errors;
  after(() => rmSync(root, { recursive: true }));

  // All copies are one program: reading the libraries takes longer than all else.
  before(async () => {
    const { compilerOptions } = ts.readConfigFile(join(folder, "tsconfig.json"), ts.sys.readFile).config;
    delete compilerOptions.paths;
    writeFileSync(join(root, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*/types/cases"] }));
    symlinkSync(join(folder, "node_modules"), join(root, "node_modules"));
    for (const [index, change] of [[], ...CHANGES].entries()) copyWith(join(root, `${index}`), change);
    const { output } = await compile("typescript-newest", "--project", join(root, "tsconfig.json"), "--pretty", "false");
    errors = output.split("\n").filter((line) => line.includes("error TS"));
  });

  /** Copies the files that are for the one that is changed, with a text of that one replaced. */
  function copyWith(copy, [, changed, from, to]) {
    // That the contract differs from another client says nothing of the other cases.
    const cases = changed === "contract.ts" ? ["contract"] : ["context", "durable", "errors", "events", "inferred", "inputs", "links"];
    for (const name of cases) cpSync(join(folder, `cases/${name}.ts`), join(copy, `types/cases/${name}.ts`));
    cpSync(join(folder, "generated/edges"), join(copy, "types/generated/edges"), { recursive: true });
    mkdirSync(join(copy, "conformance"));
    for (const file of ["client.ts", "contract.ts"]) {
      const text = readFileSync(join(conformance, file), "utf8");
      assert.ok(file !== changed || text.includes(from), `${file} has ${JSON.stringify(from)} in it`);
      writeFileSync(join(copy, "conformance", file), file === changed ? text.replace(from, () => to) : text);
    }
  }

  it("not without a change", () => {
    assert.deepEqual(errors.filter((line) => !/\/[1-9]\d*\/types\/cases\//.test(line)), []);
  });

  for (const [index, [what]] of CHANGES.entries()) {
    it(`detects that ${what}`, () => {
      const expected = new RegExp(`/${index + 1}/types/cases/[\\w-]+\\.ts\\(\\d+,\\d+\\): error TS`);
      assert.ok(errors.some((line) => expected.test(line)));
    });
  }
});
