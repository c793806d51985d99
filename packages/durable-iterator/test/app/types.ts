import { DurableIteratorLinkPlugin, durableIteratorId } from "@orpc-rust/durable-iterator";
import type { DurableIteratorGap } from "@orpc-rust/durable-iterator";

const gaps: DurableIteratorGap[] = [];
const plugin: DurableIteratorLinkPlugin<{ user?: string }> = new DurableIteratorLinkPlugin({
  url: async (payload, { context }) => `wss://api.example/${payload.chn}?user=${context.user ?? ""}`,
  onGap: (gap) => gaps.push(gap),
});
export const id: string | undefined = durableIteratorId(plugin);
