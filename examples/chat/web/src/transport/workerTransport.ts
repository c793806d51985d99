import { type ClientLink, createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/message-port";
import { connect } from "../../../../../orpc-browser/page";
import { type Caller, callerHeaders } from "../rpc";
import type { Transport } from "./transport";

/** The room is in a worker of the browser, which the tabs share. */
export function workerTransport(): Transport {
  let port: MessagePort | undefined;
  let link: ClientLink<Caller> | undefined;

  return {
    rpc: createORPCClient<Transport["rpc"]>({
      call: (path, input, options) =>
        link?.call(path, input, options) ?? Promise.reject(new Error("The worker is not connected")),
    } satisfies ClientLink<Caller>),
    open: () => {
      if (port === undefined) {
        const url = new URL("/worker/worker.js", window.location.origin);
        const worker = new SharedWorker(url, { type: "module", name: "chat" });
        port = connect(worker);
        worker.addEventListener("error", () => port?.close());
        port.addEventListener("close", () => {
          port = undefined;
          link = undefined;
        });
        link = new RPCLink<Caller>({ port, headers: ({ context }) => callerHeaders(context) });
      }
      return Promise.resolve();
    },
    close: () => port?.close(),
  };
}
