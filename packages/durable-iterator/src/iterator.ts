import { AsyncIteratorClass, createORPCClient } from "@orpc/client";
import type { ClientLink } from "@orpc/client";
import { Session } from "./session.js";
import { onAbort, reasonOf, throwIfAborted } from "./signals.js";
import type { SessionOptions } from "./session.js";

const SESSIONS = new WeakMap<object, Session>();

/** Opens a durable iterator: an async iterator with the methods of the server as members. */
export async function openDurableIterator(
  token: string,
  options: SessionOptions,
  signal: AbortSignal | undefined,
): Promise<object> {
  if (signal) throwIfAborted(signal);
  const session = new Session(token, options);
  if (signal) onAbort(session.signal, onAbort(signal, () => session.end(reasonOf(signal))));
  try {
    await session.open();
  } catch (error) {
    session.end(error);
    throw error;
  }

  let isReturned = false;
  const events = new AsyncIteratorClass<unknown, unknown, void>(
    async () => {
      try {
        return await session.next();
      } catch (error) {
        // The caller has returned early, and ignores the end of a pending `next`.
        if (isReturned) return { done: true, value: undefined };
        session.end(error);
        throw error;
      }
    },
    async (reason) => {
      isReturned = reason !== "next";
      session.end();
    },
  );
  const link: ClientLink<Record<never, never>> = {
    call: (path, input, callOptions) => session.call(path, input, callOptions),
  };
  const methods = createORPCClient<Record<string, never>>(link);
  const iterator = new Proxy(events, {
    get(target, name) {
      if (name in target) {
        const own: unknown = Reflect.get(target, name, target);
        return typeof own === "function" ? own.bind(target) : own;
      }
      // Otherwise `await` would treat it as a promise.
      return typeof name === "string" && name !== "then" ? Reflect.get(methods, name) : undefined;
    },
  });
  SESSIONS.set(iterator, session);
  return iterator;
}

/**
 * Returns the id of the client that reads a durable iterator: equal on all its sockets, and the server's name for
 * targets. Undefined for any other object.
 */
export function durableIteratorId(iterator: object): string | undefined {
  return SESSIONS.get(iterator)?.id;
}

/** Returns the newest token of a durable iterator. Undefined for any other object. */
export function durableIteratorToken(iterator: object): string | undefined {
  return SESSIONS.get(iterator)?.token;
}
