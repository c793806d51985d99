import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * A TCP line to the server that can be cut: a port of its own which forwards bytes in both directions. `cut` destroys
 * every connection on it, as a lost network does; new ones are accepted as before. `freeze` stops the line:
 * nothing is forwarded any more, and neither end notices. New connections are accepted, and dark as well, until
 * `thaw`; frozen ones stay so. `dark` is the number of connections accepted in the meantime.
 */
export async function openLine(origin) {
  const { hostname, port } = new URL(origin);
  const pairs = new Set();
  let isFrozen = false;
  let dark = 0;

  const proxy = createServer((near) => {
    if (isFrozen) {
      dark += 1;
      pairs.add([near.pause().on("error", () => {})]);
      return;
    }
    const far = connect(Number(port), hostname);
    const pair = [near, far];
    pairs.add(pair);
    const end = () => {
      near.destroy();
      far.destroy();
      pairs.delete(pair);
    };
    for (const socket of pair) socket.setNoDelay(true).on("error", end).on("close", end);
    near.pipe(far);
    far.pipe(near);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");

  const cut = () => {
    const count = pairs.size;
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    return count;
  };
  const freeze = () => {
    isFrozen = true;
    for (const [near, far] of pairs) {
      near.unpipe(far).pause();
      far?.unpipe(near).pause();
    }
  };
  const thaw = () => {
    isFrozen = false;
  };
  const close = async () => {
    cut();
    proxy.close();
    await once(proxy, "close");
  };
  return { origin: `http://127.0.0.1:${proxy.address().port}`, cut, freeze, thaw, dark: () => dark, close };
}
