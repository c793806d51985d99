// Cost of compiling with a client of three hundred procedures. Times are printed, and depend on the machine.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { COMPILERS, compile } from "./support/compilers.mjs";
import { calls, LARGE, SIZE } from "./support/large.mjs";
import { openRouters } from "./support/routers.mjs";

const MOST_INSTANTIATIONS = 15_000;

const folder = new URL("generated/large/", import.meta.url);
const write = (name, text) => writeFileSync(new URL(name, folder), text);

/** Compiles a file that uses the client. */
async function cost(compiler, name) {
  const config = { extends: "../../tsconfig.json", include: [], files: [`${name}.ts`] };
  write(`${name}.json`, JSON.stringify(config));
  const { code, output } = await compile(compiler, "--project", `generated/large/${name}.json`, "--extendedDiagnostics");
  assert.equal(code, 0, output);
  const figure = (what) => Number(output.match(new RegExp(`^${what}:\\s+([\\d.]+)`, "m"))[1]);
  return { instantiations: figure("Instantiations"), check: figure("Check time"), total: figure("Total time") };
}

describe(`a client of ${SIZE} procedures`, () => {
  before(async () => {
    const routers = openRouters();
    const { client, contract, refused } = await routers.files(LARGE);
    routers.close();
    assert.equal(refused, undefined);
    assert.equal(client.match(/: ProcedureClient</g).length, SIZE);
    mkdirSync(folder, { recursive: true });
    write("client.ts", client);
    write("contract.ts", contract);
    write("alone.ts", calls('import type { Client } from "./client.ts";\n\ndeclare const client: Client;\n'));
    const linked = `import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
`;
    const created = 'createORPCClient(new RPCLink({ url: "http://localhost/rpc" }));\n';
    write("linked.ts", calls(`${linked}import type { Client } from "./client.ts";\n\nconst client: Client = ${created}`));
    write(
      "by-contract.ts",
      calls(`${linked}import type { ContractRouterClient } from "@orpc/contract";
import type { contract } from "./contract.ts";

const client: ContractRouterClient<typeof contract> = ${created}`),
    );
  });

  /** Prints the cost, for people to read. */
  async function shown(test, compiler, name) {
    const { instantiations, check, total } = await cost(compiler, name);
    test.diagnostic(`${compiler}, ${name}: ${instantiations} instantiations, ${check} s of ${total} s to check`);
    return instantiations;
  }

  for (const compiler of COMPILERS) {
    for (const name of ["alone", "linked"]) {
      it(`is of few instantiations ${name}, to ${compiler}`, async (test) => {
        const instantiations = await shown(test, compiler, name);
        assert.ok(instantiations < MOST_INSTANTIATIONS, `${instantiations} instantiations`);
      });
    }
  }

  it("can be had from the contract", async (test) => {
    await shown(test, "typescript-newest", "by-contract");
  });
});
