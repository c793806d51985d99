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
  const ended = new AbortController();
  let isOpen = true;

  const end = () => {
    isOpen = false;
    ended.abort();
    close();
    port.dispatchEvent(new Event("close"));
  };
  port.close = () => {
    if (!isOpen) return;
    post({ close: true });
    end();
  };
  port.addEventListener("message", ({ data }: MessageEvent<Control | string | Uint8Array>) => {
    if (isOpen && typeof data === "object" && data && "close" in data) end();
  });

  // A page that comes back from the cache of the browser connects again, as with a WebSocket.
  addEventListener("pagehide", () => port.close(), { signal: ended.signal });
  // Locks need a secure context. The end of a page that crashes is seen by them alone.
  if (navigator.locks) {
    const lock = crypto.randomUUID();
    // Held before the worker hears of it, which waits for its release.
    void navigator.locks.request(lock, () => {
      if (!isOpen) return undefined;
      post({ lock });
      return new Promise<void>((release) => ended.signal.addEventListener("abort", () => release()));
    });
  }
  port.start();
  return port;
}

function postPort(worker: Worker): MessagePort {
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  return port1;
}
