// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";
import type { Money } from "./money";

export type Adjacent =
  | { type: "Unit" }
  | { type: "Newtype"; content: Inner }
  | { type: "Tuple"; content: [number, string] };

export type AllInput = {
  values: ValuesInput;
  external: External;
  internal: Internal;
  adjacent: Adjacent;
  untagged: Untagged;
  plain: Plain;
  flat: Flat;
  flat_map: FlatMapInput;
  members: MembersInput;
  tree: TreeInput;
  generics: GenericsInput;
  unit: Unit;
  empty: Empty;
  closed: Closed;
};

export type AllOutput = {
  values: ValuesOutput;
  external: External;
  internal: Internal;
  adjacent: Adjacent;
  untagged: Untagged;
  plain: Plain;
  flat: Flat;
  flat_map: FlatMapOutput;
  members: MembersOutput;
  tree: TreeOutput;
  generics: GenericsOutput;
  unit: Unit;
  empty: Empty;
  closed: Closed;
};

export type Closed = {
  /** @format uint8 */
  a: number;
};

export type Empty = { [key: string]: unknown };

/** An enum of all kinds of variants. */
export type External =
  /** Nothing. */
  | "unit"
  /** One thing. */
  | { newtype: Inner }
  | { tuple: [number, string] }
  | {
      struct: {
        /** Said of a member. */
        first_name: string;
      };
    };

export type Flat = {
  /** @format uint8 */
  a: number;
  /** @format uint8 */
  x: number;
} & (
  | { type: "Unit" }
  | { type: "Newtype" } & Inner
  | {
      type: "Struct";
      /** @format uint8 */
      x: number;
    }
);

export type FlatMapInput = {
  /** @format uint8 */
  a: number;
  b?: string | null | undefined;
  [key: string]: boolean | number | string | null | undefined;
};

export type FlatMapOutput = {
  /** @format uint8 */
  a: number;
  b: string | null;
  [key: string]: boolean | number | string | null;
};

export type GenericsInput = {
  strings: PageOfString;
  trees: PageOfTreeInput;
  nested: PageOfPageOfOptionalInner;
  pair: PairOfStringAndPairOfTreeAndInnerArrayInput;
};

export type GenericsOutput = {
  strings: PageOfString;
  trees: PageOfTreeOutput;
  nested: PageOfPageOfOptionalInner;
  pair: PairOfStringAndPairOfTreeAndInnerArrayOutput;
};

export type Inner = {
  /** @format uint8 */
  x: number;
};

export type Internal =
  | { type: "Unit" }
  | { type: "Newtype" } & Inner
  | {
      type: "Struct";
      /** @format uint8 */
      x: number;
    };

/** Members that come and go. */
export type MembersInput = {
  /**
   * @default 0
   * @format uint8
   */
  default?: number | undefined;
  /** @format uint8 */
  left_out?: number | null | undefined;
  /** @format uint8 */
  "with-dash": number;
  /** @format uint8 */
  "quote\"s and */": number;
  /** @format uint8 */
  "ünicode\n": number;
  /** @format uint8 */
  "": number;
  /** @format uint8 */
  "1st": number;
  /** @format uint8 */
  type: number;
  /**
   * Ends a comment: *\/ and goes on.
   *
   * @format uint8
   * @minimum 1
   * @maximum 9
   */
  ranged: number;
  /**
   * @minLength 1
   * @pattern ^*\/[a-z]+$
   */
  pattern: string;
  /**
   * @deprecated
   * @format uint8
   */
  old: number;
};

/** Members that come and go. */
export type MembersOutput = {
  /**
   * @default 0
   * @format uint8
   */
  default: number;
  /** @format uint8 */
  left_out?: number | null | undefined;
  /** @format uint8 */
  "with-dash": number;
  /** @format uint8 */
  "quote\"s and */": number;
  /** @format uint8 */
  "ünicode\n": number;
  /** @format uint8 */
  "": number;
  /** @format uint8 */
  "1st": number;
  /** @format uint8 */
  type: number;
  /**
   * Ends a comment: *\/ and goes on.
   *
   * @format uint8
   * @minimum 1
   * @maximum 9
   */
  ranged: number;
  /**
   * @minLength 1
   * @pattern ^*\/[a-z]+$
   */
  pattern: string;
  /**
   * @deprecated
   * @format uint8
   */
  old: number;
};

export type PageOfOptionalInner = { items: (Inner | null)[] };

export type PageOfPageOfOptionalInner = { items: PageOfOptionalInner[] };

export type PageOfString = { items: string[] };

export type PageOfTreeInput = { items: TreeInput[] };

export type PageOfTreeOutput = { items: TreeOutput[] };

export type PairOfStringAndPairOfTreeAndInnerArrayInput = [string, PairOfTreeAndInnerArrayInput];

export type PairOfStringAndPairOfTreeAndInnerArrayOutput = [string, PairOfTreeAndInnerArrayOutput];

export type PairOfTreeAndInnerArrayInput = [TreeInput, Inner[]];

export type PairOfTreeAndInnerArrayOutput = [TreeOutput, Inner[]];

export type Plain = "A" | "B";

export type TreeInput = {
  /** @format uint8 */
  value: number;
  children: TreeInput[];
  parent?: TreeInput | null | undefined;
};

export type TreeOutput = {
  /** @format uint8 */
  value: number;
  children: TreeOutput[];
  parent: TreeOutput | null;
};

export type Unit = null;

export type Untagged = number | string | Inner | null;

/** One of each kind. */
export type ValuesInput = {
  small: [number, number, number, number, boolean, string];
  wide: [bigint, bigint, bigint, bigint, number];
  /**
   * @minimum 0
   * @multipleOf 1
   */
  number: number;
  bigint: bigint;
  date: Date;
  maybe_date?: Date | null | undefined;
  url: URL;
  regexp: RegExp;
  set: Set<string>;
  map: Map<string, Date[]>;
  file: File;
  any: unknown;
  object: { [key: string]: unknown };
  unit: null;
  bytes: [number, number, number];
  /**
   * @minItems 32
   * @maxItems 32
   */
  many: number[];
  by_name: { [key: string]: number };
  by_number: { [key: number]: number | null };
  /** @uniqueItems */
  unique: number[];
  point: unknown;
  money: Money;
};

/** One of each kind. */
export type ValuesOutput = {
  small: [number, number, number, number, boolean, string];
  wide: [bigint, bigint, bigint, bigint, number];
  /**
   * @minimum 0
   * @multipleOf 1
   */
  number: number;
  bigint: bigint;
  date: Date;
  maybe_date: Date | null;
  url: URL;
  regexp: RegExp;
  set: Set<string>;
  map: Map<string, Date[]>;
  file: File;
  any: unknown;
  object: { [key: string]: unknown };
  unit: null;
  bytes: [number, number, number];
  /**
   * @minItems 32
   * @maxItems 32
   */
  many: number[];
  by_name: { [key: string]: number };
  by_number: { [key: number]: number | null };
  /** @uniqueItems */
  unique: number[];
  point: unknown;
  money: Money;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  echo: ProcedureClient<C, AllInput, AllOutput, ThrowableError>;
};
