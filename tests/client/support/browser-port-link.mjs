// Reaches the worker of this page by message ports through the official link.
import { RPCLink } from "@orpc/client/message-port";
import { connect } from "../../../orpc-browser/page.ts";

export const startWorker = (name) => new Worker("/worker/worker.js", { type: "module", name });

/** The links to one worker, which is given a port for each, and the lines that are ports as well. */
export function portLinks() {
  const worker = startWorker("one for all cases");
  const lines = new Map();

  function makeLink(origin, options) {
    const port = connect(worker);
    const close = () => port.close();
    lines.get(origin)?.push(close);
    const socket = { close, terminate: close, readyState: WebSocket.OPEN, OPEN: WebSocket.OPEN };
    return { socket, port, link: new RPCLink({ port, ...options }), close };
  }

  function openLine() {
    const [origin, ends] = [`line ${lines.size}`, []];
    lines.set(origin, ends);
    const cut = () => ends.splice(0).map((end) => end()).length;
    return { origin, cut, close: cut };
  }

  return { makeLink, openLine, worker };
}
