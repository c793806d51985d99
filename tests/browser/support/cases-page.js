import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, request as httpRequest } from "node:http";
import { SourceMap } from "node:module";
import { connect } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { openLine } from "../../client/support/line.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const HTML = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script src="/cases.js"></script>`;

/** The cases in one script for a browser, with the client that `tests/client` installs, and the map back to their files. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [here("../page/main.js")],
    outfile: here("../page/cases.js"),
    bundle: true,
    write: false,
    sourcemap: "external",
    target: "es2022",
    alias: { "node:test": here("../page/runner.js"), "node:assert/strict": here("../page/assert.js") },
    logLevel: "warning",
  });
  const text = (end) => outputFiles.find(({ path }) => path.endsWith(end)).text;
  return { script: text(".js"), map: new SourceMap(JSON.parse(text(".map"))) };
}

const TYPES = { js: "text/javascript", wasm: "application/wasm" };

/**
 * Serves the page with the cases at `/`, the files of a worker's folder below `/worker/`, and forwards `/rpc` and `/ws` to the server under test.
 * A request below `/line/<n>` is forwarded over the line `n`, which can be cut.
 */
export async function startCasesPage(upstream, workerFolder) {
  const { script, map } = await bundle();
  const files = { "/": ["text/html", HTML], "/cases.js": ["text/javascript", script] };
  const lines = [];
  /** Number of forwarded requests and sockets of the page. */
  const forwarded = { requests: 0, sockets: 0 };

  /** Destination of a request: the server itself or a line, and the path. Undefined if it is for neither. */
  function destination(url) {
    const [, line, path] = /^(?:\/line\/(\d+))?(\/(?:rpc\/.*|ws))$/u.exec(url) ?? [];
    const origin = line === undefined ? upstream : lines[line]?.origin;
    return path && origin ? { hostname: new URL(origin).hostname, port: Number(new URL(origin).port), path } : undefined;
  }

  async function answerWithFile(name, response) {
    const content = await readFile(join(workerFolder, name)).catch(() => undefined);
    response.writeHead(content ? 200 : 404, { "content-type": TYPES[name.split(".").at(-1)] }).end(content);
  }

  function answer(request, response) {
    const [, file] = /^\/worker\/([a-z_]+\.(?:js|wasm))$/u.exec(request.url) ?? [];
    if (file && workerFolder) {
      answerWithFile(file, response);
      return;
    }
    const [type, content] = files[new URL(request.url, "http://page").pathname] ?? [];
    if (type) {
      response.writeHead(200, { "content-type": type }).end(content);
      return;
    }
    const to = destination(request.url);
    if (!to) {
      response.writeHead(404).end();
      return;
    }
    forwarded.requests += 1;
    // A browser sends a request again when a connection that it had used before is lost: each has one of its own.
    response.shouldKeepAlive = false;
    // With the headers as they came, among them Host.
    const onward = httpRequest({ ...to, method: request.method, headers: request.headers });
    onward.on("error", () => response.destroy());
    onward.on("response", (answered) => {
      const { connection, ...headers } = answered.headers;
      response.writeHead(answered.statusCode, headers).flushHeaders();
      pipeline(answered, response, () => {});
    });
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  }

  function upgrade(request, near, head) {
    const to = destination(request.url);
    if (!to) {
      near.destroy();
      return;
    }
    forwarded.sockets += 1;
    const far = connect(to.port, to.hostname);
    const pairs = request.rawHeaders.flatMap((value, index, all) => (index % 2 ? [] : [`${value}: ${all[index + 1]}`]));
    far.write([`GET ${to.path} HTTP/1.1`, ...pairs, "", ""].join("\r\n"));
    far.write(head);
    for (const [from, onto] of [
      [near, far],
      [far, near],
    ]) {
      from.setNoDelay(true);
      from.pipe(onto);
      // A reset on one side is one on the other.
      from.on("error", () => onto.resetAndDestroy());
      from.on("close", () => onto.destroy());
    }
  }

  const server = createServer(answer).on("upgrade", upgrade);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    forwarded,
    /** Functions that the page calls by these names. */
    functions: {
      openLine: async () => lines.push(await openLine(upstream)) - 1,
      cutLine: (id) => lines[id].cut(),
      closeLine: (id) => lines[id].close(),
    },
    /** A stack of the page with the places in the files that the script was made of. */
    mapStack: (stack) =>
      stack.replace(/\(?http:\/\/[^\s)]*\/cases\.js:(\d+):(\d+)\)?/gu, (place, line, column) => {
        const { originalSource, originalLine, originalColumn } = map.findEntry(line - 1, column - 1);
        if (originalSource === undefined) return place;
        return `(${here(`../page/${originalSource}`)}:${originalLine + 1}:${originalColumn + 1})`;
      }),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
