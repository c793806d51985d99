// The types of the server's procedures. Generated from its Rust code: change that instead.

import { eventIterator, oc, type } from "@orpc/contract";

export type ThingInput = {
  /** @format uint64 */
  id: bigint;
  name?: string | null | undefined;
};

export type ThingOutput = {
  /** @format uint64 */
  id: bigint;
  name: string | null;
};

/** The contract of the server's procedures. */
export const contract = {
  nothing: oc
    .input(type<undefined>())
    .output(type<void>()),
  /**
   * Given something, it gives something.
   *
   * On several lines.
   */
  something: oc
    .route({ method: "GET" })
    .errors({
      FULL: { status: 500, message: "FULL", data: type<ThingOutput[]>() },
      NOT_FOUND: { status: 404, message: "Gone for good", data: type<undefined>() },
      RATE_LIMITED: { status: 429, message: "Slow \"down\"", data: type<{
        /**
         * Seconds.
         *
         * @format uint32
         */
        retryAfter: number;
      }>() },
    })
    .input(type<ThingInput>())
    .output(type<ThingOutput>()),
  maybe: oc
    .input(type<ThingInput | null | undefined>())
    .output(type<ThingOutput | null>()),
  list: oc
    .input(type<(ThingInput | null)[]>())
    .output(type<(ThingOutput | null)[]>()),
  /** @deprecated since 1.2.0: use `something` */
  old: oc
    .input(type<undefined>())
    .output(type<string>()),
  plainStream: oc
    .input(type<undefined>())
    .output(eventIterator(type<number>(), type<void>())),
  stream: oc
    .errors({
      FULL: { status: 500, message: "FULL", data: type<ThingOutput[]>() },
      NOT_FOUND: { status: 404, message: "Gone for good", data: type<undefined>() },
      RATE_LIMITED: { status: 429, message: "Slow \"down\"", data: type<{
        /**
         * Seconds.
         *
         * @format uint32
         */
        retryAfter: number;
      }>() },
    })
    .input(type<ThingInput>())
    .output(eventIterator(type<ThingOutput>(), type<string>())),
  hibernating: oc
    .errors({
      FULL: { status: 500, message: "FULL", data: type<ThingOutput[]>() },
      NOT_FOUND: { status: 404, message: "Gone for good", data: type<undefined>() },
      RATE_LIMITED: { status: 429, message: "Slow \"down\"", data: type<{
        /**
         * Seconds.
         *
         * @format uint32
         */
        retryAfter: number;
      }>() },
    })
    .input(type<undefined>())
    .output(eventIterator(type<ThingOutput>(), type<void>())),
  streamed: oc
    .input(eventIterator(type<ThingInput>(), type<string>()))
    .output(type<number>()),
  streamedWithoutEnd: oc
    .input(eventIterator(type<number>(), type<unknown>()))
    .output(type<void>()),
};
