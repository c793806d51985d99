// An application of the package: it opens a room, says something there and hears it.
import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import { DurableIteratorLinkPlugin, durableIteratorId } from "@orpc-rust/durable-iterator";

export async function talk(origin, WebSocket) {
  const url = `${origin.replace("http", "ws")}/durable`;
  const plugins = [new DurableIteratorLinkPlugin({ url, WebSocket })];
  const client = createORPCClient(new RPCLink({ url: `${origin}/rpc`, plugins }));
  const room = await client.room.open({ room: "installed", name: "Ada" });
  await room.say({ text: "hi" });
  const { value } = await room.next();
  await room.return();
  return [value.text, typeof durableIteratorId(room)].join(" ");
}
