import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A TCP proxy in front of a server, for tabs whose connections a test wants to cut. */
export async function startProxy(port) {
  const sockets = new Set();
  let isCut = false;

  function join(from, to) {
    sockets.add(from);
    from.setNoDelay();
    from.pipe(to);
    // An error or end on one side ends the other.
    from.on("error", () => {});
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  }

  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(port, "127.0.0.1");
    join(client, upstream);
    join(upstream, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  /** Ends every connection on both sides and lets no new one through. */
  function cut() {
    isCut = true;
    for (const socket of sockets) {
      socket.destroy();
    }
  }

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut,
    mend: () => {
      isCut = false;
    },
    stop: () => {
      cut();
      server.close();
    },
  };
}
