// Schemas for forms beside the server: each accepts what the server accepts.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import ts from "typescript";
import { randomFrom } from "../../client/support/random-values.mjs";
import { fault, shown } from "./support/checker.mjs";
import { procedures } from "./support/client-type.mjs";
import { TEXTS, VALUES_OF_JSON } from "./support/keywords.mjs";
import { KNOWN } from "./support/known.mjs";
import { mutated } from "./support/mutations.mjs";
import { startServer } from "./support/server.mjs";
import { Values } from "./support/values.mjs";

const VALUES = Number(process.env.TORTURE_VALUES ?? 25);
const MUTATIONS = 2 * Number(process.env.TORTURE_MUTATIONS ?? 8);
const SEED = Number(process.env.TORTURE_SEED ?? 2);
/** Calls that run at the same time. */
const CONCURRENCY = 50;

/**
 * Refusals of what is no value of the type, or of JSON: TypeScript takes an object of a class for one whose members may
 * all be left out, and for `unknown`; so does Zod.
 */
const OF_CLASSES = /expected a JSON value, received|byte array, expected a string key|expected object, received [A-Z]/;

/** Texts that only the server accepts, by their formats. */
const NARROWER = {
  email: (text) => text.startsWith('"'),
  iri: (text) => /[^\0-\x7f]/.test(text),
  "iri-reference": (text) => /[^\0-\x7f]/.test(text),
  "uri-template": (text) => /[^\0-\x7f]/.test(text),
  regex: (text) => text.includes("\\"),
};

const file = new URL("../schemas.ts", import.meta.url);
const call = (client, path, input) => path.reduce((at, name) => at[name], client)(input);
const seedOf = (name) => [...name].reduce((seed, char) => (31 * seed + char.codePointAt(0)) % 2 ** 31, SEED);

/** The schemas of the file, compiled beside the packages that it imports. */
async function compiled() {
  const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
    compilerOptions: { module: "esnext", target: "es2022" },
  });
  const folder = fileURLToPath(new URL("node_modules/.schemas/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}schemas.mjs`, outputText);
  return import(pathToFileURL(`${folder}schemas.mjs`));
}

/** The name of the schema of a procedure's input: `constraintsEchoLengthsInput`. */
const nameOf = (path) =>
  [...path, "input"].join(" ").replace(/[^A-Za-z0-9$_]+(.)/g, (_, char) => char.toUpperCase());

let server;
let schemas;
before(async () => {
  server = await startServer();
  schemas = await compiled();
});
after(async () => assert.equal(await server?.stop(), 0));

/** Asks the schema and the server about each of some values: `{ path, value }` to `{ issues, refusal }`. */
async function asked(cases, each) {
  const left = cases[Symbol.iterator]();
  const ask = async (one) => {
    const schema = schemas[nameOf(one.path)];
    assert.ok(schema, `no schema ${nameOf(one.path)}`);
    const { error } = schema.safeParse(one.value);
    const issues = error?.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
    const refusal = await call(server.clients.HTTP, one.path, one.value).then(
      () => undefined,
      (error) => error.data?.issues?.[0]?.message ?? `${error}`,
    );
    each(one, issues, refusal);
  };
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const one of left) await ask(one);
    }),
  );
}

test("a schema accepts the values of a type that the server accepts", async (t) => {
  const echoes = procedures()
    .filter(({ path, input }) => path[1] === "echo" && input.kind !== "undefined")
    .map((echo) => ({ ...echo, name: `${echo.path[0]}.${echo.path[2]}` }));
  assert.ok(echoes.length > 100, `${echoes.length} types`);
  const cases = [];
  for (const { path, input, name } of echoes) {
    const random = randomFrom(seedOf(name));
    const values = new Values(random);
    const own = Array.from({ length: VALUES }, () => values.of(input));
    const changed = Array.from({ length: MUTATIONS }, () => mutated(values.of(input), random));
    const samples = await call(server.clients.HTTP, [path[0], "samples", path[2]]);
    for (const value of [...own, ...changed, ...samples]) cases.push({ path, input, name, value });
  }
  const faults = [];
  const count = { accepted: 0, refused: 0, known: 0, ofClasses: 0 };
  await asked(cases, ({ name, input, value }, issues, refusal) => {
    if ((issues === undefined) === (refusal === undefined)) count[issues ? "refused" : "accepted"] += 1;
    else if (refusal === undefined) {
      if (fault(value, input) === undefined) faults.push(`${name}: only the schema refuses ${shown(value)}: ${issues}`);
    } else if (KNOWN[name]?.refuses?.(value)) count.known += 1;
    else if (OF_CLASSES.test(refusal)) count.ofClasses += 1;
    else faults.push(`${name}: only the server refuses ${shown(value)}: ${refusal}`);
  });
  t.diagnostic(`${JSON.stringify(count)} of ${cases.length} values`);
  assert.deepEqual(faults, []);
  assert.ok(count.accepted > 1000 && count.refused > 1000);
});

test("a schema accepts the texts of each format that the server accepts", async (t) => {
  const formats = Object.keys(schemas.keywordsCheckFormatsInput.shape);
  assert.equal(formats.length, 18);
  const cases = formats.flatMap((format) =>
    TEXTS.map((text) => ({ path: ["keywords", "check", "formats"], format, text, value: { [format]: text } })),
  );
  const faults = [];
  const accepted = new Set();
  await asked(cases, ({ format, text }, issues, refusal) => {
    if (issues === undefined && refusal === undefined) accepted.add(format);
    if (issues === undefined && refusal !== undefined) faults.push(`${format}: only the server refuses ${text}: ${refusal}`);
    if (issues !== undefined && refusal === undefined && !NARROWER[format]?.(text)) {
      faults.push(`${format}: only the schema refuses ${text}`);
    }
    // Messages are the same.
    if (issues && refusal && issues[0] !== `${format} ${refusal}`) faults.push(`${issues[0]}, and ${refusal}`);
  });
  t.diagnostic(`${cases.length} texts`);
  assert.deepEqual(faults, []);
  assert.equal(accepted.size, formats.length, "a text of each format is accepted");
});

test("a schema accepts the values that the server accepts by each keyword", async (t) => {
  const keywords = Object.keys(schemas.keywordsCheckKeywordsInput.shape);
  const cases = keywords.flatMap((keyword) =>
    VALUES_OF_JSON.map((json) => ({ path: ["keywords", "check", "keywords"], keyword, json, value: { [keyword]: json } })),
  );
  const faults = [];
  const verdicts = new Set();
  await asked(cases, ({ keyword, json }, issues, refusal) => {
    verdicts.add(`${keyword} ${refusal === undefined}`);
    if ((issues === undefined) !== (refusal === undefined)) {
      faults.push(`${keyword}: ${JSON.stringify(json)}: schema ${issues ?? "accepts"}, server ${refusal ?? "accepts"}`);
    }
  });
  t.diagnostic(`${cases.length} values of ${keywords.length} keywords`);
  assert.deepEqual(faults, []);
  assert.equal(verdicts.size, 2 * keywords.length, "each keyword accepts a value, and refuses one");
});

test("values of the client's types are inputs of the schemas by their types", () => {
  const { config } = ts.readConfigFile(fileURLToPath(new URL("tsconfig.json", import.meta.url)), ts.sys.readFile);
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, folder);
  const lines = procedures()
    .filter(({ path, input }) => path[1] === "echo" && input.kind !== "undefined")
    .map(({ path }) => {
      const type = `Of<Client${path.map((name) => `[${JSON.stringify(name)}]`).join("")}>`;
      return `export const ${nameOf(path)} = (value: ${type}): z.input<typeof schemas.${nameOf(path)}> => value;`;
    });
  const head = [
    `import type { Client as ProcedureClient } from "@orpc/client";`,
    `import type { z } from "zod";`,
    `import type { Client } from "../client.js";`,
    `import type * as schemas from "../schemas.js";`,
    `type Of<P> = P extends ProcedureClient<any, infer I, any, any> ? I : never;`,
  ];
  const own = `${folder}assignable.ts`;
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === own || fileExists.call(host, path);
  host.getSourceFile = (path, ...rest) =>
    path === own
      ? ts.createSourceFile(path, [...head, ...lines].join("\n"), ...rest)
      : getSourceFile.call(host, path, ...rest);
  const program = ts.createProgram([own, fileURLToPath(file)], options, host);
  const found = ts.getPreEmitDiagnostics(program);
  assert.equal(ts.formatDiagnostics(found.slice(0, 20), host), "");
});

test("a bundle has the schemas that it uses alone", async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: 'export { constraintsEchoSlugInput } from "../schemas"',
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
    },
    bundle: true,
    format: "esm",
    external: ["zod"],
    write: false,
  });
  const [{ text }] = outputFiles;
  const declared = [...text.matchAll(/^(?:var|const|function) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(declared, ["Slug", "pattern"]);
});
