// The measured procedures as the documentation of oRPC writes them, with the limits of the other servers.
import { EventPublisher, os, withEventMeta } from "@orpc/server";
import { encodeHibernationRPCEvent, HibernationEventIterator } from "@orpc/server/hibernation";
import * as z from "zod";

const Message = z.object({
  room: z.string().min(1).max(64),
  text: z.string().min(1).max(2000),
  tags: z.array(z.string().max(32)).max(8),
});
const Item = z.object({
  sku: z.string().regex(/^[A-Z]{3}-[0-9]{4}$/),
  qty: z.int().min(1).max(999),
  price: z.number().min(0),
  note: z.string().nullish(),
});
const Order = z.object({
  customer: z.object({
    name: z.string().min(1).max(100),
    address: z.object({ street: z.string(), country: z.string().length(2) }),
  }),
  items: z.array(Item).min(1).max(500),
});
const To = z.object({ to: z.int().min(0).max(1_000_000) });
const Tick = z.object({ n: z.int().min(0), text: z.string().max(1000) });

const ticks = new EventPublisher();
const epoch = Date.now().toString(16).padStart(32, "0");
let last = 0;

/** The sockets with an iterator that hibernates, and the id of its call. */
const followers = new Map();

/** Forgets a socket that is closed. */
export const leave = (socket) => followers.delete(socket);

const numbers = os.input(To).handler(async function* ({ input }) {
  for (let n = 0; n < input.to; n += 1) yield { n };
});

export const router = {
  ping: os.handler(() => "pong"),
  echo: os.input(Message).handler(({ input }) => input),
  order: os.input(Order).handler(({ input }) => ({
    total: input.items.reduce((total, item) => total + item.qty * item.price, 0),
    items: input.items,
  })),
  count: numbers,
  publish: os.input(Tick).handler(({ input }) => {
    last += 1;
    const event = withEventMeta(input, { id: `${epoch}.${last}` });
    ticks.publish("ticks", event);
    for (const [socket, id] of followers) socket.send(encodeHibernationRPCEvent(id, event));
  }),
  subscribe: os.handler(({ signal }) => ticks.subscribe("ticks", { signal })),
  follow: os.handler(({ context }) => new HibernationEventIterator((id) => followers.set(context.socket, id))),
};
