import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertInputRefused, assertORPCError, errorOf } from "../support/errors.mjs";

const MIB = 1024 * 1024;
const FILE_LIMIT = 16 * MIB;
const FORM_LIMIT = 32 * MIB;
const TOO_LARGE = { code: "PAYLOAD_TOO_LARGE", status: 413, message: "Payload Too Large" };

const NAMES = [
  "a.txt",
  "ü 日本 😀.png",
  'with "quotes".txt',
  "back\\slash\\",
  "semicolon; filename=x",
  "100%.txt",
  "new\nline\r.txt",
  "__proto__",
  "../../etc/passwd",
  " ",
];

function bytes(size, start = 0) {
  const block = Uint8Array.from({ length: 251 * 1024 }, (_, index) => (index + start) % 251);
  const all = new Uint8Array(size);
  for (let at = 0; at < size; at += block.length) all.set(block.subarray(0, size - at), at);
  return all;
}

/** The SHA-256 of bytes, which pages can compute only in a secure context. */
async function sha256(content) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function described(file) {
  return { name: file.name, type: file.type, size: file.size, sha256: await sha256(await file.arrayBuffer()) };
}

async function assertDescribed(client, input) {
  const more = [];
  for (const file of input.more) more.push(await described(file));
  const received = await client.files.describe(input);
  assert.deepEqual(received, { title: input.title, file: await described(input.file), more });
}

async function assertSameFile(received, sent) {
  assert.ok(received instanceof File, `${received}`);
  assert.deepEqual([received.name, received.type, received.size], [sent.name, sent.type, sent.size]);
  assert.deepEqual(new Uint8Array(await received.arrayBuffer()), new Uint8Array(await sent.arrayBuffer()));
}

export function files(world) {
  describe("files", () => {
    for (const name of NAMES) {
      it(`a file arrives by the name ${JSON.stringify(name)} and is returned`, async () => {
        const client = world.client();
        const file = new File([bytes(1000)], name, { type: "image/png" });
        await assertDescribed(client, { title: name, file, more: [] });
        await assertSameFile(await client.values.any(file), file);
        const made = await client.files.make({ name, size: 3 });
        await assertSameFile(made, new File([bytes(3)], name, { type: "application/octet-stream" }));
      });
    }

    it("several files arrive in their order, empty ones too, and the same one twice", async () => {
      const same = new File(["same"], "same");
      const typed = new File([], "empty", { type: "text/plain;charset=utf-8" });
      const octets = new File(["x"], "x", { type: "application/octet-stream" });
      const last = new File([bytes(100_000, 7)], "b", { type: "a/b" });
      await assertDescribed(world.client(), { title: "", file: typed, more: [octets, typed, octets, last] });
      const { more } = await world.client().files.describe({ title: "", file: same, more: [same, same] });
      assert.deepEqual(more.map(({ name, size }) => [name, size]), [["same", 4], ["same", 4]]);
    });

    it("a blob arrives as a file by the name blob", async () => {
      const { file } = await world.client().files.describe({ title: "", file: new Blob(["x"]), more: [] });
      assert.deepEqual([file.name, file.type, file.size], ["blob", "application/octet-stream", 1]);
    });

    it("files come back from deep inside of values of every type", async () => {
      const file = (text) => new File([text], `${text}.txt`, { type: "text/plain" });
      const value = {
        list: [file("a"), [file("b"), 1n, undefined]],
        map: new Map([["k", file("c")], [new Date(0), { deep: file("d") }]]),
        set: new Set([file("e"), NaN]),
        "0": file("f"),
      };
      const received = await world.client().values.any(value);
      await assertSameFile(received.list[0], file("a"));
      await assertSameFile(received.list[1][0], file("b"));
      assert.deepEqual(received.list[1].slice(1), [1n, undefined]);
      await assertSameFile(received.map.get("k"), file("c"));
      const [[, { deep }]] = [...received.map].filter(([key]) => key instanceof Date);
      await assertSameFile(deep, file("d"));
      const [first, second] = received.set;
      await assertSameFile(first, file("e"));
      assert.ok(Number.isNaN(second));
      await assertSameFile(received["0"], file("f"));
    });

    it("many files at once, each to its own call", async () => {
      const client = world.client();
      const calls = Array.from({ length: 64 }, async (_, index) => {
        const file = new File([bytes(index * 997, index)], `${index}`, { type: "a/b" });
        await assertSameFile(await client.values.any(file), file);
      });
      await Promise.all(calls);
    });

    for (const size of [0, 1, 250, 251, 252, 1_000_000]) {
      it(`a file of ${size} bytes is created`, async () => {
        const made = await world.client().files.make({ name: "made", size });
        await assertSameFile(made, new File([bytes(size)], "made", { type: "application/octet-stream" }));
      });
    }

    const file = new File(["x"], "x");
    for (const [input, path] of [
      [{ title: "", file: {}, more: [] }, ["file"]],
      [{ title: "", file: "x", more: [file] }, ["file"]],
      [{ title: "", file: null, more: [] }, ["file"]],
      [{ title: "", file: [file], more: [] }, ["file"]],
      [{ title: "", file: new Set([file]), more: [] }, ["file"]],
      [{ title: file, file, more: [] }, ["title"]],
      [{ title: "", file, more: file }, ["more"]],
      [{ title: "", file, more: [file, 1] }, ["more", 1]],
      [{ title: "", file, more: Array(6).fill(file) }, ["more"]],
      [{ title: "", more: [file] }, ["file"]],
      [file, []],
    ]) {
      const kind = Object.prototype.toString.call(input.file ?? input);
      it(`an input that is wrong at ${JSON.stringify(path)} is refused, with ${kind}`, async () => {
        assertInputRefused(await errorOf(world.client().files.describe(input)), [path]);
      });
    }

    it("a file is not accepted as an order, a text or a number", async () => {
      const client = world.client();
      assertInputRefused(await errorOf(client.echo(file)), [[]]);
      assertInputRefused(await errorOf(client.files.make({ name: file, size: 1 })), [["name"]]);
      assertInputRefused(await errorOf(client.files.make({ name: "x", size: file })), [["size"]]);
    });
  });
}

/** Files larger than the messages of a socket. */
export function largeFiles(world) {
  describe("large files", () => {
    const upload = (...sizes) => {
      const [first, ...more] = sizes.map((size, index) => new File([bytes(size)], `${index}`, { type: "a/b" }));
      return { title: "large", file: first, more };
    };

    for (const size of [MIB, MIB + 1, FILE_LIMIT - 1, FILE_LIMIT]) {
      it(`a file of ${size} bytes is read`, async () => {
        await assertDescribed(world.client(), upload(size));
      });
    }

    it("a file of one byte more is refused, wherever it stands", async () => {
      const client = world.client();
      assertORPCError(await errorOf(client.files.describe(upload(FILE_LIMIT + 1))), TOO_LARGE);
      assertORPCError(await errorOf(client.files.describe(upload(1, 2, FILE_LIMIT + 1))), TOO_LARGE);
      assert.equal(await client.ping(), "pong");
    });

    it("a form that is too large is refused, even if each of its files is small enough", async () => {
      const client = world.client();
      await assertDescribed(client, upload(FILE_LIMIT, FORM_LIMIT - FILE_LIMIT - 10_000));
      const error = await errorOf(client.files.describe(upload(FILE_LIMIT, FORM_LIMIT - FILE_LIMIT)));
      assertORPCError(error, TOO_LARGE);
    });

    it("100 files are taken and 101 refused", async () => {
      const files = (count) => Array.from({ length: count }, (_, index) => new File([`${index}`], `${index}`));
      const received = await world.client().values.any(files(100));
      assert.deepEqual(await Promise.all(received.map((file) => file.text())), files(100).map((file) => file.name));
      assertORPCError(await errorOf(world.client().values.any(files(101))), TOO_LARGE);
    });

    for (const size of [MIB + 1, 10 * MIB]) {
      it(`a file of ${size} bytes is created and returned`, async () => {
        const client = world.client();
        const made = await client.files.make({ name: "made", size });
        await assertSameFile(made, new File([bytes(size)], "made", { type: "application/octet-stream" }));
        await assertSameFile(await client.values.any(made), made);
      });
    }
  });
}
