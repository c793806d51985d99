import { afterEach } from "node:test";
import { eventually } from "./eventually.mjs";

/**
 * For a `describe` whose tests count what is alive on the whole server: nothing else may run beside them, and what one
 * of them leaves is not that of the next. They ask with a client of its own, as those under test may be busy.
 */
export function countAlive(world) {
  let watcher;
  afterEach(async () => {
    watcher = undefined;
    await world.disconnect();
  });
  const watch = () => (watcher ??= world.client());

  const liveTicks = () => watch().stream.live();
  const liveWaits = () => watch().slow.live();
  const assertNothingLives = async () => {
    await eventually("no stream", liveTicks, 0);
    await eventually("no call", liveWaits, 0);
  };
  return { liveTicks, liveWaits, assertNothingLives };
}
