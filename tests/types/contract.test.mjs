// The contract as a value: what the official client makes of it.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { inferRPCMethodFromContractRouter, isContractProcedure, minifyContractRouter } from "@orpc/contract";
import ts from "typescript";
import { startServer } from "../client/support/server.mjs";

describe("the contract of the conformance server", () => {
  let contract;
  let server;
  before(async () => {
    const text = readFileSync(new URL("../conformance/contract.ts", import.meta.url), "utf8");
    const { outputText, diagnostics } = ts.transpileModule(text, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
      reportDiagnostics: true,
    });
    assert.deepEqual(diagnostics, []);
    const folder = new URL("generated/", import.meta.url);
    mkdirSync(folder, { recursive: true });
    const file = new URL("contract.mjs", folder);
    writeFileSync(file, outputText);
    ({ contract } = await import(file));
    server = await startServer();
  });
  after(() => server.stop());

  /** A client, and the methods of its requests. */
  function clientOf(options) {
    const methods = [];
    const fetchNoted = (request, init) => {
      methods.push(request.method);
      return fetch(request, init);
    };
    const link = new RPCLink({ url: `${server.origin}/rpc`, fetch: fetchNoted, ...options });
    return { client: createORPCClient(link), methods };
  }

  it("has the procedures in their places", () => {
    const paths = [];
    const visit = (node, path) => {
      if (isContractProcedure(node)) return paths.push(path.join("."));
      for (const [name, inner] of Object.entries(node)) visit(inner, [...path, name]);
    };
    visit(contract, []);
    const client = readFileSync(new URL("../conformance/client.ts", import.meta.url), "utf8");
    // The methods of a durable iterator are not on the router: they come with the iterator.
    const methods = ["say", "ping", "echo"];
    assert.equal(paths.length, client.match(/: ProcedureClient</g).length - methods.length);
    assert.deepEqual(
      paths.filter((path) => /^(ping|nested|chat)/.test(path)),
      ["ping", "nested.deep.ping", "chat.send", "chat.onMessage"],
    );
  });

  it("has the declared errors with their statuses and messages", () => {
    const { RATE_LIMITED, ...others } = contract.errors.typed["~orpc"].errorMap;
    assert.deepEqual([RATE_LIMITED.status, RATE_LIMITED.message, others], [429, "Slow down", {}]);
  });

  it("has the link call by GET what may be, and the server answers", async () => {
    const { client, methods } = clientOf({ method: inferRPCMethodFromContractRouter(contract) });
    assert.equal(await client.ping(), "pong");
    assert.deepEqual(methods, ["GET"]);
    assert.deepEqual(await client.echo({ room: "r", text: "t", tags: [] }), { room: "r", text: "t", tags: [] });
    assert.equal(await client.nested.deep.ping(), "pong");
    assert.deepEqual(methods, ["GET", "POST", "POST"]);
  });

  it("does so when it was made small, too", async () => {
    const small = JSON.parse(JSON.stringify(minifyContractRouter(contract)));
    const { client, methods } = clientOf({ method: inferRPCMethodFromContractRouter(small) });
    assert.equal(await client.ping(), "pong");
    assert.deepEqual(methods, ["GET"]);
  });

  it("is what makes the difference", async () => {
    const { client, methods } = clientOf();
    assert.equal(await client.ping(), "pong");
    assert.deepEqual(methods, ["POST"]);
  });
});
