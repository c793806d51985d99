// The page's half of `orpc-browser`: ports of which both ends learn that the other has closed, or that the page has ended.

/** A message about a port. One that does not know it takes it for an abort of a call that nobody makes. */
type Control = { i: ""; t: 4; lock?: string; close?: true };

/**
 * Connects to a worker: `new RPCLink({ port: connect(worker) })`. The port dispatches `close` when either end closes it, and
 * the calls of its link fail then. The worker ends the calls of a page that closes its port, reloads or crashes.
 */
export function connect(worker: Worker | SharedWorker): MessagePort {
  const port = "port" in worker ? worker.port : postPort(worker);
  const post = (control: Omit<Control, "i" | "t">) => port.postMessage({ i: "", t: 4, ...control } satisfies Control);
  const close = port.close.bind(port);
  let isOpen = true;
  let release = () => {};

  const end = () => {
    isOpen = false;
    close();
    release();
    port.dispatchEvent(new Event("close"));
  };
  port.close = () => {
    if (!isOpen) return;
    post({ close: true });
    end();
  };
  port.addEventListener("message", ({ data }: MessageEvent<Control | string | Uint8Array>) => {
    if (isOpen && typeof data === "object" && "close" in data) end();
  });

  if (globalThis.navigator.locks) {
    const lock = crypto.randomUUID();
    // Held before the worker hears of it, which waits for its release.
    void navigator.locks.request(lock, () => {
      if (!isOpen) return undefined;
      post({ lock });
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    });
  } else {
    // Locks need a secure context.
    addEventListener("pagehide", () => port.close());
  }
  port.start();
  return port;
}

function postPort(worker: Worker): MessagePort {
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  return port1;
}
