// No name or text of a router gets out of its place in the files.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import * as contractPackage from "@orpc/contract";
import fc from "fast-check";
import { compareClient, compareContract } from "./support/compare.mjs";
import { compile } from "./support/compilers.mjs";
import { description, isServed } from "./support/hostile.mjs";
import { openRouters } from "./support/routers.mjs";

const RUNS = Number(process.env.RUNS ?? 500);

describe("names and texts of any kind", () => {
  it(`stay where they are, in ${RUNS} routers`, async (test) => {
    const folder = new URL("generated/names/", import.meta.url);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const routers = openRouters();
    let served = 0;
    const holds = fc.asyncProperty(description, async (description) => {
      const { client, contract, refused } = await routers.files(description);
      assert.equal(refused === undefined, isServed(description.entries), refused);
      if (refused) return;
      compareClient(description, client);
      compareContract(description, contract, contractPackage);
      writeFileSync(new URL(`client${served}.ts`, folder), client);
      writeFileSync(new URL(`contract${served}.ts`, folder), contract);
      served++;
    });
    try {
      await fc.assert(holds, { numRuns: RUNS });
    } finally {
      routers.close();
    }
    test.diagnostic(`${served} of them could be served`);
    assert.ok(served > RUNS / 2);

    // Another parser, independent of the meaning of names.
    writeFileSync(new URL("tsconfig.json", folder), JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }));
    assert.deepEqual(await compile("typescript-newest", "--project", "generated/names"), { code: 0, output: "" });
  });
});
