import type { Clock } from "./timing.js";

/** The constructor of WebSockets: the class of the browser, of Node 22 and newer, or of the package `ws`. */
export type WebSocketConstructor = new (url: string) => Pick<
  WebSocket,
  "readyState" | "addEventListener" | "removeEventListener" | "send" | "close"
>;

/** The end of a socket. */
export interface Closed {
  code: number;
  reason: string;
  /** Time for which it had been open, in milliseconds; undefined if it was not. */
  openFor: number | undefined;
}

type Listener = (event: never) => void;

const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3];

/** Code of a connection that was lost (RFC 6455, section 7.1.5). */
const ABNORMAL = 1006;

/**
 * A WebSocket that can be closed at once for all listeners, although its own `close` event may take minutes, or never
 * come, if the path is dead.
 */
export class Wire {
  /** Resolves to `true` when it opens, to `false` if it closes first. */
  readonly opened: Promise<boolean>;
  readonly closed: Promise<Closed>;
  /** Time of the last message, or of the opening, by the monotonic clock. */
  heardAt: number = Number.NEGATIVE_INFINITY;
  readonly #socket: InstanceType<WebSocketConstructor>;
  readonly #clock: Clock;
  readonly #listeners: Record<string, Set<Listener>> = {};
  #openedAt: number | undefined;
  #isOver = false;
  #settle!: { opened: (isOpen: boolean) => void; closed: (closed: Closed) => void };

  constructor(socket: InstanceType<WebSocketConstructor>, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    let opened!: (isOpen: boolean) => void;
    this.opened = new Promise((resolve) => (opened = resolve));
    this.closed = new Promise((resolve) => (this.#settle = { opened, closed: resolve }));
    socket.addEventListener("open", (event) => {
      if (this.#isOver) return;
      this.#openedAt = this.heardAt = clock.monotonic();
      this.#emit("open", event);
      opened(true);
    });
    socket.addEventListener("message", (event) => {
      if (this.#isOver) return;
      this.heardAt = clock.monotonic();
      this.#emit("message", event);
    });
    socket.addEventListener("close", (event) => this.#end(event.code, event.reason, event));
    // `close` follows; without a listener the sockets of `ws` would throw.
    socket.addEventListener("error", () => {});
  }

  get isOpen(): boolean {
    return !this.#isOver && this.#socket.readyState === OPEN;
  }

  /**
   * State of the socket for the link, which may send messages also while the socket closes, such as aborts, whose
   * errors would be unhandled. They are dropped; `close` ends the pending calls.
   */
  get readyState(): number {
    if (this.#isOver) return CLOSED as number;
    const state = this.#socket.readyState;
    return state === CLOSING ? (OPEN as number) : state;
  }

  send(message: Parameters<WebSocket["send"]>[0]): void {
    if (this.isOpen) this.#socket.send(message);
  }

  addEventListener(name: string, listener: Listener): void {
    (this.#listeners[name] ??= new Set()).add(listener);
  }

  removeEventListener(name: string, listener: Listener): void {
    this.#listeners[name]?.delete(listener);
  }

  close(): void {
    this.#socket.close(1000);
  }

  /** Closes the socket without waiting for its other end. */
  giveUp(reason: string): void {
    if (this.#isOver) return;
    const socket = this.#socket as InstanceType<WebSocketConstructor> & { terminate?: () => void };
    const wasConnecting = socket.readyState === CONNECTING;
    this.#end(ABNORMAL, reason, { type: "close", code: ABNORMAL, reason });
    // Sockets of `ws` wait for the other end in `close`.
    if (typeof socket.terminate === "function") socket.terminate();
    else if (wasConnecting) socket.close();
    else socket.close(1000);
  }

  #end(code: number, reason: string, event: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#emit("close", event);
    const openFor = this.#openedAt === undefined ? undefined : this.#clock.monotonic() - this.#openedAt;
    this.#settle.opened(false);
    this.#settle.closed({ code, reason, openFor });
  }

  #emit(name: string, event: unknown): void {
    for (const listener of [...(this.#listeners[name] ?? [])]) listener(event as never);
  }
}
