// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

export type BookingInput = {
  /**
   * A `bigint`: a number of JavaScript cannot hold every `u64`.
   *
   * @format uint64
   */
  id: bigint;
  /**
   * A `number`, as long as it is exact.
   *
   * @minimum 0
   * @multipleOf 1
   */
  count: number;
  /** @minimum 1 */
  price: bigint;
  /**
   * @minItems 1
   * @maxItems 9
   */
  seats: Set<number>;
  /** @formatMinimum 2024-01-01T00:00:00Z */
  from: Date;
  /** A `Date` of JavaScript, a `DateTime` of chrono here. */
  to: Date;
  /** @default null */
  paid?: Date | null | undefined;
};

export type BookingOutput = {
  /**
   * A `bigint`: a number of JavaScript cannot hold every `u64`.
   *
   * @format uint64
   */
  id: bigint;
  /**
   * A `number`, as long as it is exact.
   *
   * @minimum 0
   * @multipleOf 1
   */
  count: number;
  /** @minimum 1 */
  price: bigint;
  /**
   * @minItems 1
   * @maxItems 9
   */
  seats: Set<number>;
  /** @formatMinimum 2024-01-01T00:00:00Z */
  from: Date;
  /** A `Date` of JavaScript, a `DateTime` of chrono here. */
  to: Date;
  /** @default null */
  paid: Date | null;
};

export type Size = {
  title: string;
  /**
   * @minimum 0
   * @multipleOf 1
   */
  bytes: number;
};

export type Upload = {
  title: string;
  file: File;
  /** @maxItems 5 */
  more: File[];
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  book: ProcedureClient<C, BookingInput, BookingOutput, ThrowableError>;
  /** Reads the files block by block: a large one lies in a temporary file. */
  upload: ProcedureClient<C, Upload, Size, ThrowableError>;
  /** A file whose bytes are made while they are sent. */
  report: ProcedureClient<C, undefined, File, ThrowableError>;
};
