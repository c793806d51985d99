export type { BackoffOptions } from "./backoff.js";
export type { DurableIteratorGap } from "./gap.js";
export { gapOf } from "./gap.js";
export { durableIteratorId, durableIteratorToken } from "./iterator.js";
export type { DurableIteratorCall, DurableIteratorLinkPluginOptions } from "./plugin.js";
export { DurableIteratorLinkPlugin } from "./plugin.js";
export type { Clock, TimeoutOptions } from "./timing.js";
export type { DurableIteratorTokenPayload } from "./token.js";
export type { WebSocketConstructor } from "./wire.js";
