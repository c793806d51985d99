// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { Client as ProcedureClient, ClientContext, ThrowableError } from "@orpc/client";

export type Addresses = {
  /** @format ip */
  any: string;
  /** @format ipv4 */
  v4: string;
  /** @format ipv6 */
  v6: string;
};

export type AdjacentInput =
  | { t: "Unit" }
  | {
      t: "Newtype";
      /** @format uint8 */
      c: number;
    }
  | { t: "Tuple"; c: [number, string] }
  | {
      t: "Struct";
      c: {
        /** @format uint8 */
        a: number;
        b?: boolean | null | undefined;
      };
    }
  | { t: "Nested"; c: EnumsPoint }
  | {
      t: "Maybe";
      /** @format uint8 */
      c?: number | null | undefined;
    };

export type AdjacentOutput =
  | { t: "Unit" }
  | {
      t: "Newtype";
      /** @format uint8 */
      c: number;
    }
  | { t: "Tuple"; c: [number, string] }
  | {
      t: "Struct";
      c: {
        /** @format uint8 */
        a: number;
        b: boolean | null;
      };
    }
  | { t: "Nested"; c: EnumsPoint }
  | {
      t: "Maybe";
      /** @format uint8 */
      c: number | null;
    };

export type AdjacentStrict =
  | { t: "Unit" }
  | {
      t: "Struct";
      c: {
        /** @format uint8 */
        a: number;
      };
    };

export type ArchiveItem = {
  /** @format uint16 */
  year: number;
};

export type Arrays = {
  none: [];
  three: [number, number, number];
  nested: [[boolean, boolean], [boolean, boolean]];
  /**
   * @minItems 32
   * @maxItems 32
   */
  long: number[];
};

export type AttachedInput = {
  title: string;
  file: File;
  more: File[];
  maybe?: File | null | undefined;
};

export type AttachedOutput = { title: string; file: File; more: File[]; maybe: File | null };

export type BillingItem = {
  /** @format uint32 */
  price: number;
};

export type BothOfBooleanAndWrapperOfUint8 = { a: boolean; b: WrapperOfUint8 };

export type BothOfPageOfUserAndMapOfUserInput = { a: PageOfUserInput; b: { [key: string]: User } };

export type BothOfPageOfUserAndMapOfUserOutput = { a: PageOfUserOutput; b: { [key: string]: User } };

export type BothOfStringAndUint8 = {
  a: string;
  /** @format uint8 */
  b: number;
};

export type BothOfUint8AndString = {
  /** @format uint8 */
  a: number;
  b: string;
};

export type BoundOfUint8 =
  | {
      /** @format uint8 */
      Included: number;
    }
  | {
      /** @format uint8 */
      Excluded: number;
    }
  | "Unbounded";

export type ByName = { [key: string]: ByName };

export type BytesInput = number[] | string;

export type BytesOutput = number[];

export type Camel = {
  /** @format uint8 */
  firstField: number;
  /** @format uint8 */
  "second-field": number;
};

export type CelsiusInput = { celsius: number };

export type CelsiusOutput = number;

/** A choice. */
export type Choice =
  /** The first *\/ one. */
  | "First"
  /** The second. */
  | "Second"
  /** With content. */
  | {
      Third: {
        /**
         * Its number.
         *
         * @format uint8
         */
        number: number;
      };
    }
  | {
      /**
       * A number.
       *
       * @format uint8
       */
      Fourth: number;
    };

export type Chrono = {
  /** @format date-time */
  at: string;
  /** @format date */
  date: string;
  /** @format partial-time */
  time: string;
  /** @format partial-date-time */
  both: string;
  native: Date;
};

export type ClashInput = {
  /** @format uint8 */
  a: number;
};

export type ClashOutput = {
  /** @format uint8 */
  b: number;
};

export type ClashesInput = { clash: NamesClashInput; input: ClashInput; output: ClashOutput };

export type ClashesOutput = { clash: NamesClashOutput; input: ClashInput; output: ClashOutput };

export type Collections = {
  deque: number[];
  list: number[];
  heap: number[];
  /** @uniqueItems */
  sorted: string[];
  /** @uniqueItems */
  hashed: number[];
};

export type CommentOfUint8 = {
  /** @format uint8 */
  content: number;
  replies: CommentOfUint8[];
};

export type ConstantsInput = {
  version: "v1";
  seven: 7;
  null?: null | undefined;
  some?: "a" | "b" | null | undefined;
  numbers: 1 | 2;
  big: 9n;
  yes: true;
};

export type ConstantsOutput = {
  version: "v1";
  seven: 7;
  null: null;
  some: "a" | "b" | null;
  numbers: 1 | 2;
  big: 9n;
  yes: true;
};

export type ConstraintsRanges = {
  /**
   * @format uint8
   * @minimum 1
   * @maximum 10
   */
  small: number;
  /**
   * @minimum -1.5
   * @maximum 1.5
   */
  float: number;
  /**
   * @exclusiveMinimum 0
   * @exclusiveMaximum 1
   */
  share: number;
  /**
   * @format uint32
   * @multipleOf 5
   */
  fives: number;
  /**
   * @format uint64
   * @minimum 1
   */
  wide: bigint;
  /**
   * @format int64
   * @maximum -1
   */
  negative: bigint;
};

export type ContainerDefaultInput = {
  /**
   * @default 0
   * @format uint8
   */
  "some-number"?: number | undefined;
  /** @default "" */
  "some-text"?: string | undefined;
  /** @default [] */
  "some-list"?: (number | null)[] | undefined;
};

export type ContainerDefaultOutput = {
  /**
   * @default 0
   * @format uint8
   */
  "some-number": number;
  /** @default "" */
  "some-text": string;
  /** @default [] */
  "some-list": (number | null)[];
};

/** @format uint8 */
export type ConvertedInput = number;

export type ConvertedOutput = string;

/** Its contracts differ, and so do those of what holds it. */
export type DefaultedOfStringInput = {
  value?: string | undefined;
  maybe?: string | null | undefined;
};

/** Its contracts differ, and so do those of what holds it. */
export type DefaultedOfStringOutput = { value: string; maybe?: string | null | undefined };

/** Its contracts differ, and so do those of what holds it. */
export type DefaultedOfUint8Input = {
  /** @format uint8 */
  value?: number | undefined;
  /** @format uint8 */
  maybe?: number | null | undefined;
};

/** Its contracts differ, and so do those of what holds it. */
export type DefaultedOfUint8Output = {
  /** @format uint8 */
  value: number;
  /** @format uint8 */
  maybe?: number | null | undefined;
};

export type DeprecatedInput = {
  /**
   * No longer used.
   *
   * @deprecated
   * @format uint8
   */
  old: number;
  /**
   * @deprecated
   * @format uint8
   */
  older?: number | null | undefined;
  /** @format uint8 */
  new: number;
};

export type DeprecatedOutput = {
  /**
   * No longer used.
   *
   * @deprecated
   * @format uint8
   */
  old: number;
  /**
   * @deprecated
   * @format uint8
   */
  older: number | null;
  /** @format uint8 */
  new: number;
};

export type DirectedInput = {
  /** @format uint8 */
  inName: number;
};

export type DirectedOutput = {
  /** @format uint8 */
  outName: number;
};

/**
 * Says a lot.
 *
 * With paragraphs, `code`, and what would end a comment: *\/ and /* what would
 * begin one. Also <b>HTML</b>, ${templates} and \ backslashes.
 *
 * @deprecated is no tag here, and neither is
 * @param x
 * - a list
 *
 * ```
 * let x = 1;
 * ```
 */
export type Documented = {
  /**
   * One line.
   *
   * @format uint8
   */
  one: number;
  /**
   * Two
   * lines.
   *
   * @format uint8
   */
  two: number;
  /**
   * A block
   *
   * @format uint8
   */
  block: number;
  /**
   * *\/
   *
   * @format uint8
   */
  end: number;
  /**
   * a
   * b
   * c
   *
   * @format uint8
   */
  breaks: number;
  /** @format uint8 */
  nothing: number;
  /**
   * Indented.
   *
   * @format uint8
   */
  indented: number;
  /**
   * 日本 😀
   *
   * @format uint8
   */
  unicode: number;
  /**
   * @format int64
   *
   * @format uint8
   */
  lie: number;
};

export type Duration = {
  /** @format uint64 */
  secs: bigint;
  /** @format uint32 */
  nanos: number;
};

export type Either = string | number | Date | Set<number>;

export type Empty = { [key: string]: unknown };

export type EmptyTuple = [];

export type Entry =
  | { kind: "folder" } & Folder
  | {
      kind: "file";
      name: string;
      /** @format uint32 */
      size: number;
    }
  | { kind: "link"; to: Entry };

export type Enum =
  | "Match"
  | {
      Loop: {
        /** @format uint8 */
        in: number;
      };
    };

export type EnumsAliased =
  | "One"
  | {
      Two: {
        /** @format uint8 */
        number: number;
      };
    };

export type EnumsPoint = {
  /** @format int32 */
  x: number;
  /** @format int32 */
  y: number;
};

/** An enum whose input has fewer variants than its output, and more. */
export type EnumsSkippingInput =
  | {
      kind: "Both";
      /** @format uint8 */
      a: number;
    }
  | {
      kind: "OnlyIn";
      /** @format uint8 */
      c: number;
    };

/** An enum whose input has fewer variants than its output, and more. */
export type EnumsSkippingOutput =
  | {
      kind: "Both";
      /** @format uint8 */
      a: number;
    }
  | {
      kind: "OnlyOut";
      /** @format uint8 */
      b: number;
    };

export type EvenInput = { next?: OddInput | null | undefined };

export type EvenOutput = { next: OddOutput | null };

export type Event =
  | {
      type: "user_joined";
      userName: string;
      /** @format uint32 */
      joinedAt: number;
    }
  | { type: "user_left"; userName: string };

export type ExpressionInput =
  | { Number: number }
  | { Sum: ExpressionInput[] }
  | { Negation: ExpressionInput }
  | { Choice: { condition: ExpressionInput; otherwise?: ExpressionInput | null | undefined } };

export type ExpressionOutput =
  | { Number: number }
  | { Sum: ExpressionOutput[] }
  | { Negation: ExpressionOutput }
  | { Choice: { condition: ExpressionOutput; otherwise: ExpressionOutput | null } };

export type ExternalInput =
  | "Unit"
  | {
      /** @format uint8 */
      Newtype: number;
    }
  | { Tuple: [number, string] }
  | {
      Struct: {
        /** @format uint8 */
        a: number;
        b?: boolean | null | undefined;
      };
    }
  | { EmptyTuple: [] }
  | { EmptyStruct: { [key: string]: unknown } }
  | { Nested: EnumsPoint };

export type ExternalOutput =
  | "Unit"
  | {
      /** @format uint8 */
      Newtype: number;
    }
  | { Tuple: [number, string] }
  | {
      Struct: {
        /** @format uint8 */
        a: number;
        b: boolean | null;
      };
    }
  | { EmptyTuple: [] }
  | { EmptyStruct: { [key: string]: unknown } }
  | { Nested: EnumsPoint };

export type ExternalStrict =
  | "Unit"
  | {
      Struct: {
        /** @format uint8 */
        a: number;
      };
    }
  | { Nested: EnumsPoint };

export type Extra =
  | "A"
  | {
      /** @format uint8 */
      B: number;
    };

/** Its members may be left out of what goes in, and come out always. */
export type FieldDefaultsInput = {
  /**
   * @default 0
   * @format uint8
   */
  a?: number | undefined;
  /**
   * @default 7
   * @format uint8
   */
  b?: number | undefined;
  /** @default [] */
  c?: number[] | undefined;
  /** @format uint8 */
  d: number;
};

/** Its members may be left out of what goes in, and come out always. */
export type FieldDefaultsOutput = {
  /**
   * @default 0
   * @format uint8
   */
  a: number;
  /**
   * @default 7
   * @format uint8
   */
  b: number;
  /** @default [] */
  c: number[];
  /** @format uint8 */
  d: number;
};

export type Fields = {
  at: Date;
  /**
   * @minimum 0
   * @multipleOf 1
   */
  size: number;
  set: Set<number>;
  map: Map<number, boolean>;
};

export type Floats = {
  /** @format float */
  a: number;
  b: number;
};

export type Folder = { name: string; entries: Entry[] };

/** A text of each format that is enforced. */
export type Formats = {
  /**
   * @default null
   * @format date
   */
  date?: string | null | undefined;
  /**
   * @default null
   * @format date-time
   */
  "date-time"?: string | null | undefined;
  /**
   * @default null
   * @format duration
   */
  duration?: string | null | undefined;
  /**
   * @default null
   * @format email
   */
  email?: string | null | undefined;
  /**
   * @default null
   * @format hostname
   */
  hostname?: string | null | undefined;
  /**
   * @default null
   * @format ip
   */
  ip?: string | null | undefined;
  /**
   * @default null
   * @format ipv4
   */
  ipv4?: string | null | undefined;
  /**
   * @default null
   * @format ipv6
   */
  ipv6?: string | null | undefined;
  /**
   * @default null
   * @format iri
   */
  iri?: string | null | undefined;
  /**
   * @default null
   * @format iri-reference
   */
  "iri-reference"?: string | null | undefined;
  /**
   * @default null
   * @format json-pointer
   */
  "json-pointer"?: string | null | undefined;
  /**
   * @default null
   * @format regex
   */
  regex?: string | null | undefined;
  /**
   * @default null
   * @format relative-json-pointer
   */
  "relative-json-pointer"?: string | null | undefined;
  /**
   * @default null
   * @format time
   */
  time?: string | null | undefined;
  /**
   * @default null
   * @format uri
   */
  uri?: string | null | undefined;
  /**
   * @default null
   * @format uri-reference
   */
  "uri-reference"?: string | null | undefined;
  /**
   * @default null
   * @format uri-template
   */
  "uri-template"?: string | null | undefined;
  /**
   * @default null
   * @format uuid
   */
  uuid?: string | null | undefined;
};

export type FormsInput = {
  /** @format uint8 */
  plain?: number | null | undefined;
  /**
   * @default null
   * @format uint8
   */
  default?: number | null | undefined;
  /** @format uint8 */
  skipped?: number | null | undefined;
  /** @format uint8 */
  both?: number | null | undefined;
  /** @format uint8 */
  boxed?: number | null | undefined;
  /** @format uint8 */
  twice?: number | null | undefined;
  unit?: null | undefined;
  list?: (number | null)[] | null | undefined;
};

export type FormsOutput = {
  /** @format uint8 */
  plain: number | null;
  /**
   * @default null
   * @format uint8
   */
  default: number | null;
  /** @format uint8 */
  skipped?: number | null | undefined;
  /** @format uint8 */
  both?: number | null | undefined;
  /** @format uint8 */
  boxed: number | null;
  /** @format uint8 */
  twice: number | null;
  unit: null;
  list: (number | null)[] | null;
};

/** Holds the types whose names are those of TypeScript. */
export type Globals = {
  date: NamesDate;
  error: NamesError;
  map: NamesMap;
  record: NamesRecord;
  client: NamesClient;
  promise: NamesPromise;
  array: NamesArray;
  string: NamesString;
  undefined: Namesundefined;
  any: Namesany;
  file: NamesFile;
  class: Namesclass;
  partial: Partial;
};

/** A name with letters that no ASCII has. */
export type Gr__e = {
  /** @format uint8 */
  wert: number;
};

export type GridOf3 = { rows: [number, number, number] };

export type HolderInput = { defaulted: DefaultedOfUint8Input; page: PageOfDefaultedOfStringInput };

export type HolderOutput = {
  defaulted: DefaultedOfUint8Output;
  page: PageOfDefaultedOfStringOutput;
};

export type Hostile = {
  /** @format uint8 */
  "": number;
  /** @format uint8 */
  "a\"b": number;
  /** @format uint8 */
  "it's": number;
  /** @format uint8 */
  "*/ evil /*": number;
  /** @format uint8 */
  "a-b": number;
  /** @format uint8 */
  "a.b": number;
  /** @format uint8 */
  "über": number;
  /** @format uint8 */
  "日本": number;
  /** @format uint8 */
  "😀": number;
  /** @format uint8 */
  "a\nb": number;
  /** @format uint8 */
  " ": number;
  /** @format uint8 */
  "back\\slash": number;
  /** @format uint8 */
  "${x}`": number;
  /** @format uint8 */
  "1": number;
  /** @format uint8 */
  "1e3": number;
  /** @format uint8 */
  "-1": number;
  /** @format uint8 */
  constructor: number;
  /** @format uint8 */
  toString: number;
  /** @format uint8 */
  hasOwnProperty: number;
  /** @format uint8 */
  then: number;
  /** @format uint8 */
  length: number;
  /** @format uint8 */
  "a/b~c%d": number;
  /** @format uint8 */
  json: number;
  /** @format uint8 */
  meta: number;
};

export type HostileTag =
  | { "*/ \"tag\"": "true" }
  | {
      "*/ \"tag\"": "1";
      /** @format uint8 */
      "con-tent": number;
    };

export type HostileVariants =
  | ""
  | "a\"b"
  | "日本"
  | "\\u0041"
  | {
      "*/": {
        /** @format uint8 */
        "*/": number;
      };
    }
  | {
      /** @format uint8 */
      "new\nline": number;
    }
  | {
      constructor: {
        /** @format uint8 */
        x: number;
      };
    };

export type InListInput = { list: OfStructInput[]; by_name: { [key: string]: OfInternalInput } };

export type InListOutput = { list: OfStructOutput[]; by_name: { [key: string]: OfInternalOutput } };

export type InnerInput = {
  /** @format uint16 */
  n: number;
  maybe?: string | null | undefined;
};

export type InnerOutput = {
  /** @format uint16 */
  n: number;
  maybe: string | null;
};

export type InternalInput =
  | { kind: "Unit" }
  | { kind: "Newtype" } & EnumsPoint
  | {
      kind: "Struct";
      /** @format uint8 */
      a: number;
      b?: boolean | null | undefined;
    }
  | { kind: "EmptyStruct" };

export type InternalOfInternalInput =
  | { outer: "Inner" } & InternalInput
  | { outer: "Strict" } & (
      | { kind: "unit" }
      | {
          kind: "firstStruct";
          /** @format uint8 */
          a: number;
        }
      | { kind: "secondStruct"; b: string }
    )
  | { outer: "None" };

export type InternalOfInternalOutput =
  | { outer: "Inner" } & InternalOutput
  | { outer: "Strict" } & (
      | { kind: "unit" }
      | {
          kind: "firstStruct";
          /** @format uint8 */
          a: number;
        }
      | { kind: "secondStruct"; b: string }
    )
  | { outer: "None" };

export type InternalOfMap =
  | { kind: "Counts"; [key: string]: number | "Counts" }
  | { kind: "Point" } & EnumsPoint;

export type InternalOutput =
  | { kind: "Unit" }
  | { kind: "Newtype" } & EnumsPoint
  | {
      kind: "Struct";
      /** @format uint8 */
      a: number;
      b: boolean | null;
    }
  | { kind: "EmptyStruct" };

export type InternalStrict =
  | { kind: "unit" }
  | {
      kind: "firstStruct";
      /** @format uint8 */
      a: number;
    }
  | { kind: "secondStruct"; b: string };

/** All the items. */
export type ItemsInput = {
  billed: BillingItem;
  archived: ArchiveItem;
  sold: ShopItemInput;
  more: ShopItemInput[];
};

/** All the items. */
export type ItemsOutput = {
  billed: BillingItem;
  archived: ArchiveItem;
  sold: ShopItemOutput;
  more: ShopItemOutput[];
};

export type Jiff = {
  /** @format date-time */
  at: string;
  /** @format date */
  date: string;
  /** @format partial-time */
  time: string;
  /** @format partial-date-time */
  both: string;
  /** @format duration */
  duration: string;
  native: Date;
};

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A value for each keyword. */
export type Keywords = {
  /** @default null */
  not?: unknown;
  /** @default null */
  condition?: unknown;
  /** @default null */
  contains?: unknown;
  /** @default null */
  together?: { [key: string]: unknown } | undefined;
  /** @default null */
  dependent?: unknown;
  /** @default null */
  names?: { [key: string]: unknown } | undefined;
  /** @default null */
  patterns?:
    | { a?: number | undefined; [key: string]: string | boolean | number | undefined }
    | undefined;
  /**
   * @default null
   * @minProperties 1
   * @maxProperties 2
   */
  count?: { [key: string]: unknown } | undefined;
  /** @default null */
  required?: { [key: string]: unknown } | undefined;
  /** @default null */
  unevaluated?: { a?: number | undefined } | undefined;
  /** @default null */
  evaluated?: { [key: string]: unknown } & ({ a: number } | { b: unknown }) | undefined;
  /** @default null */
  one?: unknown;
  /** @default null */
  either?: string | unknown[] | undefined;
  /** @default null */
  all?: number | string | undefined;
  listed?: [1, "a"] | { a: 1 } | null | 2 | undefined;
  constant?: { a: [1] } | undefined;
  /**
   * @default null
   * @minItems 1
   */
  tuple?: [number, string?, ...unknown[]] | undefined;
  /**
   * @default null
   * @uniqueItems
   */
  unique?: (number | { [key: string]: unknown })[] | undefined;
  /**
   * @default null
   * @exclusiveMinimum 0
   * @multipleOf 3
   */
  integer?: number | boolean | undefined;
  /**
   * @default null
   * @minLength 2
   * @maxLength 3
   * @pattern ^[a-z😀]*$
   */
  text?: string | undefined;
};

export type LengthsInput = {
  /**
   * @minLength 1
   * @maxLength 5
   */
  text: string;
  /**
   * @minLength 2
   * @maxLength 2
   */
  pair: string;
  /**
   * @minItems 1
   * @maxItems 3
   */
  list: number[];
  two: [number, number];
  /**
   * @minProperties 1
   * @maxProperties 2
   */
  map: { [key: string]: number };
  /** @maxLength 4 */
  maybe?: string | null | undefined;
  short: string[];
};

export type LengthsOutput = {
  /**
   * @minLength 1
   * @maxLength 5
   */
  text: string;
  /**
   * @minLength 2
   * @maxLength 2
   */
  pair: string;
  /**
   * @minItems 1
   * @maxItems 3
   */
  list: number[];
  two: [number, number];
  /**
   * @minProperties 1
   * @maxProperties 2
   */
  map: { [key: string]: number };
  /** @maxLength 4 */
  maybe: string | null;
  short: string[];
};

export type Lists = Lists[];

export type LoadingOfStringAndUserArray =
  | { state: "Idle" }
  | { state: "Loaded"; value: User[] }
  | { state: "Failed"; value: string };

export type MapsPoint = {
  /** @format uint8 */
  x: number;
};

export type MembersInput = {
  by_name: { [key: string]: MapsPoint };
  by_id: { [key: number]: MapsPoint | null };
  by_colour?:
    | {
        /** @format uint8 */
        blue?: number | undefined;
        /** @format uint8 */
        dark_red?: number | undefined;
        /** @format uint8 */
        "x-green"?: number | undefined;
      }
    | null
    | undefined;
};

export type MembersOutput = {
  by_name: { [key: string]: MapsPoint };
  by_id: { [key: number]: MapsPoint | null };
  by_colour:
    | {
        /** @format uint8 */
        blue?: number | undefined;
        /** @format uint8 */
        dark_red?: number | undefined;
        /** @format uint8 */
        "x-green"?: number | undefined;
      }
    | null;
};

export type NamesArray = {
  /** @format uint8 */
  own: number;
};

/** There is one that a type's two contracts would be called by, too. */
export type NamesClashInput = {
  /**
   * @default 0
   * @format uint8
   */
  number?: number | undefined;
};

/** There is one that a type's two contracts would be called by, too. */
export type NamesClashOutput = {
  /**
   * @default 0
   * @format uint8
   */
  number: number;
};

export type NamesClient = {
  /** @format uint8 */
  own: number;
};

export type NamesDate = {
  /** @format uint8 */
  own: number;
};

export type NamesError = {
  /** @format uint8 */
  own: number;
};

export type NamesFile = {
  /** @format uint8 */
  own: number;
};

export type NamesMap = {
  /** @format uint8 */
  own: number;
};

export type NamesPromise = {
  /** @format uint8 */
  own: number;
};

export type NamesRecord = {
  /** @format uint8 */
  own: number;
};

export type NamesString = {
  /** @format uint8 */
  own: number;
};

export type Namesany = {
  /** @format uint8 */
  own: number;
};

export type Namesclass = {
  /** @format uint8 */
  own: number;
};

export type Namesundefined = {
  /** @format uint8 */
  own: number;
};

export type NativeRanges = {
  /**
   * @formatMinimum 2024-01-01T00:00:00Z
   * @formatMaximum 2025-01-01T00:00:00Z
   */
  from: Date;
  /**
   * @minItems 1
   * @maxItems 3
   */
  seats: Set<number>;
  /**
   * @minimum 1
   * @maximum 1000
   */
  price: bigint;
};

export type NativesInput = {
  big: bigint;
  when: Date;
  url: URL;
  pattern: RegExp;
  set: Set<string>;
  map: Map<string, number>;
  maybe?: Date | null | undefined;
  /** @default null */
  none?: undefined;
  float: number;
  any: unknown;
};

export type NativesOutput = {
  big: bigint;
  when: Date;
  url: URL;
  pattern: RegExp;
  set: Set<string>;
  map: Map<string, number>;
  maybe: Date | null;
  /** @default null */
  none?: undefined;
  float: number;
  any: unknown;
};

export type NestedInput = {
  top: boolean;
  /** @format uint8 */
  id: number;
  /** @format uint16 */
  n: number;
  maybe?: string | null | undefined;
};

export type NestedOutput = {
  top: boolean;
  /** @format uint8 */
  id: number;
  /** @format uint16 */
  n: number;
  maybe: string | null;
};

/** @format uint8 */
export type Newtype = number;

export type NewtypeOfNewtype = Newtype;

export type NonZeros = {
  /**
   * @format uint8
   * @minimum 1
   */
  a: number;
  /** @format int8 */
  b: number;
  /**
   * @format uint64
   * @minimum 1
   */
  c: bigint;
};

export type OddInput = { next: EvenInput };

export type OddOutput = { next: EvenOutput };

export type OfAdjacentInput = {
  /** @format uint8 */
  id: number;
} & (
  | { t: "Unit" }
  | {
      t: "Newtype";
      /** @format uint8 */
      c: number;
    }
  | { t: "Tuple"; c: [number, string] }
  | {
      t: "Struct";
      c: {
        /** @format uint8 */
        a: number;
        b?: boolean | null | undefined;
      };
    }
  | { t: "Nested"; c: EnumsPoint }
  | {
      t: "Maybe";
      /** @format uint8 */
      c?: number | null | undefined;
    }
);

export type OfAdjacentOutput = {
  /** @format uint8 */
  id: number;
} & (
  | { t: "Unit" }
  | {
      t: "Newtype";
      /** @format uint8 */
      c: number;
    }
  | { t: "Tuple"; c: [number, string] }
  | {
      t: "Struct";
      c: {
        /** @format uint8 */
        a: number;
        b: boolean | null;
      };
    }
  | { t: "Nested"; c: EnumsPoint }
  | {
      t: "Maybe";
      /** @format uint8 */
      c: number | null;
    }
);

export type OfAnyInput = {
  /** @format uint8 */
  id: number;
  text?: string | null | undefined;
  [key: string]: unknown;
};

export type OfAnyOutput = {
  /** @format uint8 */
  id: number;
  text: string | null;
  [key: string]: unknown;
};

export type OfEnumAndMap = {
  /** @format uint8 */
  id: number;
  [key: string]: unknown;
} & (
  | {
      type: "user_joined";
      userName: string;
      /** @format uint32 */
      joinedAt: number;
    }
  | { type: "user_left"; userName: string }
);

export type OfExternalInput = {
  /** @format uint8 */
  id: number;
} & (
  | {
      First: {
        /** @format uint8 */
        a: number;
      };
    }
  | { Second: InnerInput }
);

export type OfExternalOutput = {
  /** @format uint8 */
  id: number;
} & (
  | {
      First: {
        /** @format uint8 */
        a: number;
      };
    }
  | { Second: InnerOutput }
);

export type OfInternalInput = {
  /** @format uint8 */
  id: number;
} & (
  | { kind: "Unit" }
  | { kind: "Newtype" } & EnumsPoint
  | {
      kind: "Struct";
      /** @format uint8 */
      a: number;
      b?: boolean | null | undefined;
    }
  | { kind: "EmptyStruct" }
);

export type OfInternalOutput = {
  /** @format uint8 */
  id: number;
} & (
  | { kind: "Unit" }
  | { kind: "Newtype" } & EnumsPoint
  | {
      kind: "Struct";
      /** @format uint8 */
      a: number;
      b: boolean | null;
    }
  | { kind: "EmptyStruct" }
);

export type OfMap = {
  /** @format uint8 */
  id: number;
  [key: string]: boolean | number;
};

export type OfOption = {
  /** @format uint8 */
  id: number;
  /** @format uint16 */
  n?: number | undefined;
  maybe?: string | null | undefined;
};

export type OfOptionalEnum = {
  /** @format uint8 */
  id: number;
} & (
  | {
      type: "user_joined";
      userName: string;
      /** @format uint32 */
      joinedAt: number;
    }
  | { type: "user_left"; userName: string }
  | {}
);

export type OfOptionalUntagged = {
  /** @format uint8 */
  id: number;
} & (
  | { name: string }
  | {
      /** @format uint8 */
      number: number;
    }
  | EnumsPoint
  | {}
);

export type OfStructInput = {
  /** @format uint8 */
  id: number;
  /** @format uint16 */
  n: number;
  maybe?: string | null | undefined;
};

export type OfStructOutput = {
  /** @format uint8 */
  id: number;
  /** @format uint16 */
  n: number;
  maybe: string | null;
};

export type OfTwoInput = {
  /** @format uint16 */
  n: number;
  maybe?: string | null | undefined;
} & (
  | {
      type: "user_joined";
      userName: string;
      /** @format uint32 */
      joinedAt: number;
    }
  | { type: "user_left"; userName: string }
);

export type OfTwoOutput = {
  /** @format uint16 */
  n: number;
  maybe: string | null;
} & (
  | {
      type: "user_joined";
      userName: string;
      /** @format uint32 */
      joinedAt: number;
    }
  | { type: "user_left"; userName: string }
);

export type OfUndefined = { maybe?: undefined; list: undefined[] };

export type OfUntagged = {
  /** @format uint8 */
  id: number;
} & (
  | { name: string }
  | {
      /** @format uint8 */
      number: number;
    }
  | EnumsPoint
);

export type OnlyFlattenedInput = {
  /** @format uint8 */
  id: number;
  /** @format uint16 */
  n: number;
  maybe?: string | null | undefined;
};

export type OnlyFlattenedOutput = {
  /** @format uint8 */
  id: number;
  /** @format uint16 */
  n: number;
  maybe: string | null;
};

export type OnlyOne = "Only";

export type OthersInput = {
  /** @format uuid */
  id: string;
  /** @format uri */
  link: string;
  native_link: URL;
  bytes: BytesInput;
  map: { [key: string]: number };
  /** @uniqueItems */
  set: string[];
  big: bigint;
};

export type OthersOutput = {
  /** @format uuid */
  id: string;
  /** @format uri */
  link: string;
  native_link: URL;
  bytes: BytesOutput;
  map: { [key: string]: number };
  /** @uniqueItems */
  set: string[];
  big: bigint;
};

export type OwnType = { side: "left" | "right"; list: readonly (1 | 2)[] };

export type PageOfDefaultedOfStringInput = {
  items: DefaultedOfStringInput[];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfDefaultedOfStringOutput = {
  items: DefaultedOfStringOutput[];
  /** @format uint32 */
  next: number | null;
};

export type PageOfOptionalUserInput = {
  items: (User | null)[];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfOptionalUserOutput = {
  items: (User | null)[];
  /** @format uint32 */
  next: number | null;
};

export type PageOfPageOfUserInput = {
  items: PageOfUserInput[];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfPageOfUserOutput = {
  items: PageOfUserOutput[];
  /** @format uint32 */
  next: number | null;
};

export type PageOfStringInput = {
  items: string[];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfStringOutput = {
  items: string[];
  /** @format uint32 */
  next: number | null;
};

export type PageOfUint8AndUserTupleInput = {
  items: [number, User][];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfUint8AndUserTupleOutput = {
  items: [number, User][];
  /** @format uint32 */
  next: number | null;
};

export type PageOfUint8ArrayInput = {
  items: number[][];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfUint8ArrayOutput = {
  items: number[][];
  /** @format uint32 */
  next: number | null;
};

export type PageOfUint8Input = {
  items: number[];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfUint8Output = {
  items: number[];
  /** @format uint32 */
  next: number | null;
};

export type PageOfUserInput = {
  items: User[];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfUserOutput = {
  items: User[];
  /** @format uint32 */
  next: number | null;
};

export type Pair = [number, string];

export type Partial = {
  /** @format uint8 */
  own: number;
};

export type PartlyUntagged =
  | "Unit"
  | {
      Tagged: {
        /** @format uint8 */
        a: number;
      };
    }
  | number
  | { text: string };

export type Patterns = {
  /** @pattern ^[A-Z]{3}-\d{4}$ */
  sku: string;
  /** @pattern ^\d+$ */
  digits: string;
  /** @pattern ^[a-z]*\/?$ */
  comment: string;
  /** @format email */
  email: string;
  /** @format uri */
  uri: string;
};

export type Plain = {
  flag: boolean;
  text: string;
  /** @format int32 */
  number: number;
  nested: Newtype;
  pair: Pair;
  list: string[];
};

export type Pointers = {
  boxed: Texts;
  /** @format uint8 */
  shared: number;
  slice: number[];
  shared_slice: string[];
  /** @format uint8 */
  locked: number;
  phantom: null;
};

export type ProtoInput = {
  /**
   * @default 0
   * @format uint8
   */
  __proto__?: number | undefined;
  /** @format uint8 */
  other: number;
};

export type ProtoOutput = {
  /**
   * @default 0
   * @format uint8
   */
  __proto__: number;
  /** @format uint8 */
  other: number;
};

export type RangeOfInt32 = {
  /** @format int32 */
  start: number;
  /** @format int32 */
  end: number;
};

export type RangeOfUint8 = {
  /** @format uint8 */
  start: number;
  /** @format uint8 */
  end: number;
};

export type RawInput = {
  /** @format uint8 */
  type: number;
  match: boolean;
  /** @format uint8 */
  async?: number | null | undefined;
};

export type RawOutput = {
  /** @format uint8 */
  type: number;
  match: boolean;
  /** @format uint8 */
  async: number | null;
};

export type Renamed =
  | "FIRST_VARIANT"
  | {
      SECOND_VARIANT: {
        /** @format uint8 */
        "some-field": number;
        "other-field": boolean;
      };
    }
  | {
      "3rd": {
        /** @format uint8 */
        "own name": number;
      };
    }
  | {
      FOURTH: {
        /** @format uint8 */
        SomeField: number;
      };
    };

export type RenamingInput =
  | {
      kind: "in";
      /** @format uint8 */
      value: number;
    }
  | { kind: "Same" };

export type RenamingOutput =
  | {
      kind: "out";
      /** @format uint8 */
      value: number;
    }
  | { kind: "Same" };

export type RequiredInput = {
  /** @format uint8 */
  required: number;
  /** @format uint8 */
  with?: number | null | undefined;
};

export type RequiredOutput = {
  /** @format uint8 */
  required: number;
  /** @format uint8 */
  with: number | null;
};

export type ResultOfUint8AndString =
  | {
      /** @format uint8 */
      Ok: number;
    }
  | { Err: string };

export type SelfishInput = { name: string; next?: SelfishInput | null | undefined };

export type SelfishOutput = { name: string; next: SelfishOutput | null };

export type ShadowedInput = {
  /** @format uint16 */
  n: number;
  maybe?: string | null | undefined;
  /** @default "A" */
  extra?: Extra | undefined;
};

export type ShadowedOutput = {
  /** @format uint16 */
  n: number;
  maybe: string | null;
  /** @default "A" */
  extra: Extra;
};

export type ShopItemInput = {
  title: string;
  /** @default [] */
  tags?: string[] | undefined;
};

export type ShopItemOutput = {
  title: string;
  /** @default [] */
  tags: string[];
};

export type Side = "left" | "right";

export type Sizes = {
  /**
   * @minimum 0
   * @multipleOf 1
   */
  a: number;
  /** @multipleOf 1 */
  b: number;
};

export type SkippingIfInput = {
  list?: number[] | undefined;
  text: string;
  /** @format uint8 */
  maybe?: number | null | undefined;
};

export type SkippingIfOutput = {
  list?: number[] | undefined;
  text?: string | undefined;
  /** @format uint8 */
  maybe?: number | null | undefined;
};

/**
 * A short text that has a name.
 *
 * @minLength 1
 * @maxLength 8
 * @pattern ^[a-z]+$
 */
export type Slug = string;

export type SlugsInput = {
  slug: Slug;
  list: Slug[];
  maybe?: Slug | null | undefined;
  /** @uniqueItems */
  set: Stub[];
};

export type SlugsOutput = {
  slug: Slug;
  list: Slug[];
  maybe: Slug | null;
  /** @uniqueItems */
  set: Stub[];
};

export type Small = {
  /** @format int8 */
  a: number;
  /** @format uint8 */
  b: number;
  /** @format int16 */
  c: number;
  /** @format uint16 */
  d: number;
  /** @format int32 */
  e: number;
  /** @format uint32 */
  f: number;
};

export type StrictEmpty = { [key: string]: never };

export type StrictInput = {
  /** @format uint8 */
  a: number;
  /** @format uint8 */
  b?: number | null | undefined;
};

export type StrictOutput = {
  /** @format uint8 */
  a: number;
  /** @format uint8 */
  b: number | null;
};

export type StructsAliased = {
  /** @format uint8 */
  name: number;
};

export type StructsSkippingInput = {
  /** @format uint8 */
  both: number;
  /** @format uint8 */
  only_in: number;
};

export type StructsSkippingOutput = {
  /** @format uint8 */
  both: number;
  /**
   * @default 0
   * @format uint8
   */
  only_out: number;
};

/** @minLength 2 */
export type Stub = string;

export type SystemTime = {
  /** @format uint64 */
  secs_since_epoch: bigint;
  /** @format uint32 */
  nanos_since_epoch: number;
};

export type Tagged =
  | { kind: "Date"; date: Date }
  | {
      kind: "Big";
      /** @format uint64 */
      big: bigint;
    }
  | { kind: "Set"; set: Set<number> };

/** A name for text. */
export type Text = string;

export type Texts = {
  owned: string;
  boxed: string;
  shared: string;
  cow: string;
  /**
   * @minLength 1
   * @maxLength 1
   */
  letter: string;
  path: string;
};

export type Time = { at: Date };

export type Tree = { name: string; children: Tree[] };

export type Triple = [number, string | null, Newtype];

export type Unit = null;

export type Units = "One" | "Two" | "Three";

export type UntaggedInput =
  | null
  | number
  | [number, string]
  | {
      /** @format uint8 */
      a: number;
      b?: boolean | null | undefined;
    }
  | string;

export type UntaggedOutput =
  | null
  | number
  | [number, string]
  | {
      /** @format uint8 */
      a: number;
      b: boolean | null;
    }
  | string;

export type UntaggedStructs =
  | { name: string }
  | {
      /** @format uint8 */
      number: number;
    }
  | EnumsPoint;

export type User = { name: string };

export type WideInput = {
  /** @format int64 */
  a: bigint;
  /** @format uint64 */
  b: bigint;
  /** @format int128 */
  c: bigint;
  /** @format uint128 */
  d: bigint;
  list: bigint[];
  /** @format int64 */
  maybe?: bigint | null | undefined;
  map: { [key: string]: bigint };
  pair: [bigint, number];
};

export type WideOutput = {
  /** @format int64 */
  a: bigint;
  /** @format uint64 */
  b: bigint;
  /** @format int128 */
  c: bigint;
  /** @format uint128 */
  d: bigint;
  list: bigint[];
  /** @format int64 */
  maybe: bigint | null;
  map: { [key: string]: bigint };
  pair: [bigint, number];
};

export type WithDefaultsInput =
  | {
      kind: "First";
      /**
       * @default 0
       * @format uint8
       */
      a?: number | undefined;
      /** @format uint8 */
      b?: number | null | undefined;
    }
  | {
      kind: "Second";
      /**
       * @default 7
       * @format uint8
       */
      c?: number | undefined;
    };

export type WithDefaultsOutput =
  | {
      kind: "First";
      /**
       * @default 0
       * @format uint8
       */
      a: number;
      /** @format uint8 */
      b?: number | null | undefined;
    }
  | {
      kind: "Second";
      /**
       * @default 7
       * @format uint8
       */
      c: number;
    };

export type WithInput = {
  /** @pattern ^[0-9a-f]{1,8}$ */
  number: string;
  text?: string | null | undefined;
};

export type WithOutput = {
  /** @pattern ^[0-9a-f]{1,8}$ */
  number: string;
  text: string | null;
};

export type WrapperOfBothOfBooleanAndWrapperOfUint8 = BothOfBooleanAndWrapperOfUint8;

/** @format uint8 */
export type WrapperOfUint8 = number;

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  constraints: {
    echo: {
      lengths: ProcedureClient<C, LengthsInput, LengthsOutput, ThrowableError>;
      ranges: ProcedureClient<C, ConstraintsRanges, ConstraintsRanges, ThrowableError>;
      patterns: ProcedureClient<C, Patterns, Patterns, ThrowableError>;
      constants: ProcedureClient<C, ConstantsInput, ConstantsOutput, ThrowableError>;
      slug: ProcedureClient<C, Slug, Slug, ThrowableError>;
      slugs: ProcedureClient<C, SlugsInput, SlugsOutput, ThrowableError>;
    };
    samples: {
      lengths: ProcedureClient<C, undefined, LengthsOutput[], ThrowableError>;
      ranges: ProcedureClient<C, undefined, ConstraintsRanges[], ThrowableError>;
      patterns: ProcedureClient<C, undefined, Patterns[], ThrowableError>;
      constants: ProcedureClient<C, undefined, ConstantsOutput[], ThrowableError>;
      slug: ProcedureClient<C, undefined, Slug[], ThrowableError>;
      slugs: ProcedureClient<C, undefined, SlugsOutput[], ThrowableError>;
    };
  };
  docs: {
    echo: {
      documented: ProcedureClient<C, Documented, Documented, ThrowableError>;
      deprecated: ProcedureClient<C, DeprecatedInput, DeprecatedOutput, ThrowableError>;
      choice: ProcedureClient<C, Choice, Choice, ThrowableError>;
      text: ProcedureClient<C, Text, Text, ThrowableError>;
    };
    samples: {
      documented: ProcedureClient<C, undefined, Documented[], ThrowableError>;
      deprecated: ProcedureClient<C, undefined, DeprecatedOutput[], ThrowableError>;
      choice: ProcedureClient<C, undefined, Choice[], ThrowableError>;
      text: ProcedureClient<C, undefined, Text[], ThrowableError>;
    };
  };
  enums: {
    echo: {
      units: ProcedureClient<C, Units, Units, ThrowableError>;
      onlyOne: ProcedureClient<C, OnlyOne, OnlyOne, ThrowableError>;
      external: ProcedureClient<C, ExternalInput, ExternalOutput, ThrowableError>;
      externalStrict: ProcedureClient<C, ExternalStrict, ExternalStrict, ThrowableError>;
      internal: ProcedureClient<C, InternalInput, InternalOutput, ThrowableError>;
      internalStrict: ProcedureClient<C, InternalStrict, InternalStrict, ThrowableError>;
      internalOfMap: ProcedureClient<C, InternalOfMap, InternalOfMap, ThrowableError>;
      internalOfInternal: ProcedureClient<
        C,
        InternalOfInternalInput,
        InternalOfInternalOutput,
        ThrowableError
      >;
      adjacent: ProcedureClient<C, AdjacentInput, AdjacentOutput, ThrowableError>;
      adjacentStrict: ProcedureClient<C, AdjacentStrict, AdjacentStrict, ThrowableError>;
      untagged: ProcedureClient<C, UntaggedInput, UntaggedOutput, ThrowableError>;
      untaggedStructs: ProcedureClient<C, UntaggedStructs, UntaggedStructs, ThrowableError>;
      partlyUntagged: ProcedureClient<C, PartlyUntagged, PartlyUntagged, ThrowableError>;
      renamed: ProcedureClient<C, Renamed, Renamed, ThrowableError>;
      event: ProcedureClient<C, Event, Event, ThrowableError>;
      aliased: ProcedureClient<C, EnumsAliased, EnumsAliased, ThrowableError>;
      skipping: ProcedureClient<C, EnumsSkippingInput, EnumsSkippingOutput, ThrowableError>;
      withDefaults: ProcedureClient<C, WithDefaultsInput, WithDefaultsOutput, ThrowableError>;
      renaming: ProcedureClient<C, RenamingInput, RenamingOutput, ThrowableError>;
      listOfEnums: ProcedureClient<C, ExternalInput[], ExternalOutput[], ThrowableError>;
      optionalEnum: ProcedureClient<
        C,
        InternalInput | null | undefined,
        InternalOutput | null,
        ThrowableError
      >;
    };
    samples: {
      units: ProcedureClient<C, undefined, Units[], ThrowableError>;
      onlyOne: ProcedureClient<C, undefined, OnlyOne[], ThrowableError>;
      external: ProcedureClient<C, undefined, ExternalOutput[], ThrowableError>;
      externalStrict: ProcedureClient<C, undefined, ExternalStrict[], ThrowableError>;
      internal: ProcedureClient<C, undefined, InternalOutput[], ThrowableError>;
      internalStrict: ProcedureClient<C, undefined, InternalStrict[], ThrowableError>;
      internalOfMap: ProcedureClient<C, undefined, InternalOfMap[], ThrowableError>;
      internalOfInternal: ProcedureClient<C, undefined, InternalOfInternalOutput[], ThrowableError>;
      adjacent: ProcedureClient<C, undefined, AdjacentOutput[], ThrowableError>;
      adjacentStrict: ProcedureClient<C, undefined, AdjacentStrict[], ThrowableError>;
      untagged: ProcedureClient<C, undefined, UntaggedOutput[], ThrowableError>;
      untaggedStructs: ProcedureClient<C, undefined, UntaggedStructs[], ThrowableError>;
      partlyUntagged: ProcedureClient<C, undefined, PartlyUntagged[], ThrowableError>;
      renamed: ProcedureClient<C, undefined, Renamed[], ThrowableError>;
      event: ProcedureClient<C, undefined, Event[], ThrowableError>;
      aliased: ProcedureClient<C, undefined, EnumsAliased[], ThrowableError>;
      skipping: ProcedureClient<C, undefined, EnumsSkippingOutput[], ThrowableError>;
      withDefaults: ProcedureClient<C, undefined, WithDefaultsOutput[], ThrowableError>;
      renaming: ProcedureClient<C, undefined, RenamingOutput[], ThrowableError>;
      listOfEnums: ProcedureClient<C, undefined, ExternalOutput[][], ThrowableError>;
      optionalEnum: ProcedureClient<C, undefined, (InternalOutput | null)[], ThrowableError>;
    };
  };
  flatten: {
    echo: {
      ofStruct: ProcedureClient<C, OfStructInput, OfStructOutput, ThrowableError>;
      ofMap: ProcedureClient<C, OfMap, OfMap, ThrowableError>;
      ofAny: ProcedureClient<C, OfAnyInput, OfAnyOutput, ThrowableError>;
      ofExternal: ProcedureClient<C, OfExternalInput, OfExternalOutput, ThrowableError>;
      ofInternal: ProcedureClient<C, OfInternalInput, OfInternalOutput, ThrowableError>;
      ofAdjacent: ProcedureClient<C, OfAdjacentInput, OfAdjacentOutput, ThrowableError>;
      ofUntagged: ProcedureClient<C, OfUntagged, OfUntagged, ThrowableError>;
      ofOption: ProcedureClient<C, OfOption, OfOption, ThrowableError>;
      ofOptionalEnum: ProcedureClient<C, OfOptionalEnum, OfOptionalEnum, ThrowableError>;
      ofTwo: ProcedureClient<C, OfTwoInput, OfTwoOutput, ThrowableError>;
      ofEnumAndMap: ProcedureClient<C, OfEnumAndMap, OfEnumAndMap, ThrowableError>;
      ofOptionalUntagged: ProcedureClient<C, OfOptionalUntagged, OfOptionalUntagged, ThrowableError>;
      nested: ProcedureClient<C, NestedInput, NestedOutput, ThrowableError>;
      onlyFlattened: ProcedureClient<C, OnlyFlattenedInput, OnlyFlattenedOutput, ThrowableError>;
      inList: ProcedureClient<C, InListInput, InListOutput, ThrowableError>;
      shadowed: ProcedureClient<C, ShadowedInput, ShadowedOutput, ThrowableError>;
      external: ProcedureClient<C, ExternalInput, ExternalOutput, ThrowableError>;
    };
    samples: {
      ofStruct: ProcedureClient<C, undefined, OfStructOutput[], ThrowableError>;
      ofMap: ProcedureClient<C, undefined, OfMap[], ThrowableError>;
      ofAny: ProcedureClient<C, undefined, OfAnyOutput[], ThrowableError>;
      ofExternal: ProcedureClient<C, undefined, OfExternalOutput[], ThrowableError>;
      ofInternal: ProcedureClient<C, undefined, OfInternalOutput[], ThrowableError>;
      ofAdjacent: ProcedureClient<C, undefined, OfAdjacentOutput[], ThrowableError>;
      ofUntagged: ProcedureClient<C, undefined, OfUntagged[], ThrowableError>;
      ofOption: ProcedureClient<C, undefined, OfOption[], ThrowableError>;
      ofOptionalEnum: ProcedureClient<C, undefined, OfOptionalEnum[], ThrowableError>;
      ofTwo: ProcedureClient<C, undefined, OfTwoOutput[], ThrowableError>;
      ofEnumAndMap: ProcedureClient<C, undefined, OfEnumAndMap[], ThrowableError>;
      ofOptionalUntagged: ProcedureClient<C, undefined, OfOptionalUntagged[], ThrowableError>;
      nested: ProcedureClient<C, undefined, NestedOutput[], ThrowableError>;
      onlyFlattened: ProcedureClient<C, undefined, OnlyFlattenedOutput[], ThrowableError>;
      inList: ProcedureClient<C, undefined, InListOutput[], ThrowableError>;
      shadowed: ProcedureClient<C, undefined, ShadowedOutput[], ThrowableError>;
      external: ProcedureClient<C, undefined, ExternalOutput[], ThrowableError>;
    };
  };
  foreign: {
    echo: {
      ofChrono: ProcedureClient<C, Chrono, Chrono, ThrowableError>;
      ofJiff: ProcedureClient<C, Jiff, Jiff, ThrowableError>;
      ofTime: ProcedureClient<C, Time, Time, ThrowableError>;
      others: ProcedureClient<C, OthersInput, OthersOutput, ThrowableError>;
      bytes: ProcedureClient<C, BytesInput, BytesOutput, ThrowableError>;
    };
    samples: {
      ofChrono: ProcedureClient<C, undefined, Chrono[], ThrowableError>;
      ofJiff: ProcedureClient<C, undefined, Jiff[], ThrowableError>;
      ofTime: ProcedureClient<C, undefined, Time[], ThrowableError>;
      others: ProcedureClient<C, undefined, OthersOutput[], ThrowableError>;
      bytes: ProcedureClient<C, undefined, BytesOutput[], ThrowableError>;
    };
  };
  generics: {
    echo: {
      users: ProcedureClient<C, PageOfUserInput, PageOfUserOutput, ThrowableError>;
      numbers: ProcedureClient<C, PageOfUint8Input, PageOfUint8Output, ThrowableError>;
      texts: ProcedureClient<C, PageOfStringInput, PageOfStringOutput, ThrowableError>;
      optional: ProcedureClient<
        C,
        PageOfOptionalUserInput,
        PageOfOptionalUserOutput,
        ThrowableError
      >;
      pages: ProcedureClient<C, PageOfPageOfUserInput, PageOfPageOfUserOutput, ThrowableError>;
      lists: ProcedureClient<C, PageOfUint8ArrayInput, PageOfUint8ArrayOutput, ThrowableError>;
      tuples: ProcedureClient<
        C,
        PageOfUint8AndUserTupleInput,
        PageOfUint8AndUserTupleOutput,
        ThrowableError
      >;
      both: ProcedureClient<C, BothOfUint8AndString, BothOfUint8AndString, ThrowableError>;
      reversed: ProcedureClient<C, BothOfStringAndUint8, BothOfStringAndUint8, ThrowableError>;
      mixed: ProcedureClient<
        C,
        BothOfPageOfUserAndMapOfUserInput,
        BothOfPageOfUserAndMapOfUserOutput,
        ThrowableError
      >;
      grid: ProcedureClient<C, GridOf3, GridOf3, ThrowableError>;
      wrapped: ProcedureClient<
        C,
        WrapperOfBothOfBooleanAndWrapperOfUint8,
        WrapperOfBothOfBooleanAndWrapperOfUint8,
        ThrowableError
      >;
      loading: ProcedureClient<
        C,
        LoadingOfStringAndUserArray,
        LoadingOfStringAndUserArray,
        ThrowableError
      >;
      defaulted: ProcedureClient<C, DefaultedOfUint8Input, DefaultedOfUint8Output, ThrowableError>;
      holder: ProcedureClient<C, HolderInput, HolderOutput, ThrowableError>;
    };
    samples: {
      users: ProcedureClient<C, undefined, PageOfUserOutput[], ThrowableError>;
      numbers: ProcedureClient<C, undefined, PageOfUint8Output[], ThrowableError>;
      texts: ProcedureClient<C, undefined, PageOfStringOutput[], ThrowableError>;
      optional: ProcedureClient<C, undefined, PageOfOptionalUserOutput[], ThrowableError>;
      pages: ProcedureClient<C, undefined, PageOfPageOfUserOutput[], ThrowableError>;
      lists: ProcedureClient<C, undefined, PageOfUint8ArrayOutput[], ThrowableError>;
      tuples: ProcedureClient<C, undefined, PageOfUint8AndUserTupleOutput[], ThrowableError>;
      both: ProcedureClient<C, undefined, BothOfUint8AndString[], ThrowableError>;
      reversed: ProcedureClient<C, undefined, BothOfStringAndUint8[], ThrowableError>;
      mixed: ProcedureClient<C, undefined, BothOfPageOfUserAndMapOfUserOutput[], ThrowableError>;
      grid: ProcedureClient<C, undefined, GridOf3[], ThrowableError>;
      wrapped: ProcedureClient<
        C,
        undefined,
        WrapperOfBothOfBooleanAndWrapperOfUint8[],
        ThrowableError
      >;
      loading: ProcedureClient<C, undefined, LoadingOfStringAndUserArray[], ThrowableError>;
      defaulted: ProcedureClient<C, undefined, DefaultedOfUint8Output[], ThrowableError>;
      holder: ProcedureClient<C, undefined, HolderOutput[], ThrowableError>;
    };
  };
  keywords: {
    check: {
      formats: ProcedureClient<C, Formats, void, ThrowableError>;
      keywords: ProcedureClient<C, Keywords, void, ThrowableError>;
    };
  };
  maps: {
    echo: {
      text: ProcedureClient<C, { [key: string]: number }, { [key: string]: number }, ThrowableError>;
      hashed: ProcedureClient<
        C,
        { [key: string]: boolean[] },
        { [key: string]: boolean[] },
        ThrowableError
      >;
      indexed: ProcedureClient<
        C,
        { [key: string]: number | null },
        { [key: string]: number | null },
        ThrowableError
      >;
      unsigned: ProcedureClient<
        C,
        { [key: number]: boolean },
        { [key: number]: boolean },
        ThrowableError
      >;
      signed: ProcedureClient<
        C,
        { [key: number]: boolean },
        { [key: number]: boolean },
        ThrowableError
      >;
      wide: ProcedureClient<C, { [key: number]: bigint }, { [key: number]: bigint }, ThrowableError>;
      letters: ProcedureClient<
        C,
        { [key: string]: number },
        { [key: string]: number },
        ThrowableError
      >;
      flags: ProcedureClient<
        C,
        { [key: string]: number },
        { [key: string]: number },
        ThrowableError
      >;
      colours: ProcedureClient<
        C,
        {
          /** @format uint8 */
          blue?: number | undefined;
          /** @format uint8 */
          dark_red?: number | undefined;
          /** @format uint8 */
          "x-green"?: number | undefined;
        },
        {
          /** @format uint8 */
          blue?: number | undefined;
          /** @format uint8 */
          dark_red?: number | undefined;
          /** @format uint8 */
          "x-green"?: number | undefined;
        },
        ThrowableError
      >;
      documented: ProcedureClient<
        C,
        { [key: string]: number },
        { [key: string]: number },
        ThrowableError
      >;
      names: ProcedureClient<
        C,
        { [key: string]: number },
        { [key: string]: number },
        ThrowableError
      >;
      skus: ProcedureClient<C, { [key: string]: number }, { [key: string]: number }, ThrowableError>;
      ids: ProcedureClient<
        C,
        { [key: number]: MapsPoint },
        { [key: number]: MapsPoint },
        ThrowableError
      >;
      nested: ProcedureClient<
        C,
        { [key: string]: { [key: number]: MapsPoint[] } },
        { [key: string]: { [key: number]: MapsPoint[] } },
        ThrowableError
      >;
      members: ProcedureClient<C, MembersInput, MembersOutput, ThrowableError>;
      anything: ProcedureClient<C, unknown, unknown, ThrowableError>;
      object: ProcedureClient<
        C,
        { [key: string]: unknown },
        { [key: string]: unknown },
        ThrowableError
      >;
    };
    samples: {
      text: ProcedureClient<C, undefined, { [key: string]: number }[], ThrowableError>;
      hashed: ProcedureClient<C, undefined, { [key: string]: boolean[] }[], ThrowableError>;
      indexed: ProcedureClient<C, undefined, { [key: string]: number | null }[], ThrowableError>;
      unsigned: ProcedureClient<C, undefined, { [key: number]: boolean }[], ThrowableError>;
      signed: ProcedureClient<C, undefined, { [key: number]: boolean }[], ThrowableError>;
      wide: ProcedureClient<C, undefined, { [key: number]: bigint }[], ThrowableError>;
      letters: ProcedureClient<C, undefined, { [key: string]: number }[], ThrowableError>;
      flags: ProcedureClient<C, undefined, { [key: string]: number }[], ThrowableError>;
      colours: ProcedureClient<
        C,
        undefined,
        {
          /** @format uint8 */
          blue?: number | undefined;
          /** @format uint8 */
          dark_red?: number | undefined;
          /** @format uint8 */
          "x-green"?: number | undefined;
        }[],
        ThrowableError
      >;
      documented: ProcedureClient<C, undefined, { [key: string]: number }[], ThrowableError>;
      names: ProcedureClient<C, undefined, { [key: string]: number }[], ThrowableError>;
      skus: ProcedureClient<C, undefined, { [key: string]: number }[], ThrowableError>;
      ids: ProcedureClient<C, undefined, { [key: number]: MapsPoint }[], ThrowableError>;
      nested: ProcedureClient<
        C,
        undefined,
        { [key: string]: { [key: number]: MapsPoint[] } }[],
        ThrowableError
      >;
      members: ProcedureClient<C, undefined, MembersOutput[], ThrowableError>;
      anything: ProcedureClient<C, undefined, unknown[], ThrowableError>;
      object: ProcedureClient<C, undefined, { [key: string]: unknown }[], ThrowableError>;
    };
  };
  names: {
    echo: {
      billingItem: ProcedureClient<C, BillingItem, BillingItem, ThrowableError>;
      archivedItem: ProcedureClient<C, ArchiveItem, ArchiveItem, ThrowableError>;
      shopItem: ProcedureClient<C, ShopItemInput, ShopItemOutput, ThrowableError>;
      items: ProcedureClient<C, ItemsInput, ItemsOutput, ThrowableError>;
      globals: ProcedureClient<C, Globals, Globals, ThrowableError>;
      raw: ProcedureClient<C, RawInput, RawOutput, ThrowableError>;
      rawEnum: ProcedureClient<C, Enum, Enum, ThrowableError>;
      hostile: ProcedureClient<C, Hostile, Hostile, ThrowableError>;
      proto: ProcedureClient<C, ProtoInput, ProtoOutput, ThrowableError>;
      hostileVariants: ProcedureClient<C, HostileVariants, HostileVariants, ThrowableError>;
      hostileTag: ProcedureClient<C, HostileTag, HostileTag, ThrowableError>;
      clashes: ProcedureClient<C, ClashesInput, ClashesOutput, ThrowableError>;
      "größe": ProcedureClient<C, Gr__e, Gr__e, ThrowableError>;
    };
    samples: {
      billingItem: ProcedureClient<C, undefined, BillingItem[], ThrowableError>;
      archivedItem: ProcedureClient<C, undefined, ArchiveItem[], ThrowableError>;
      shopItem: ProcedureClient<C, undefined, ShopItemOutput[], ThrowableError>;
      items: ProcedureClient<C, undefined, ItemsOutput[], ThrowableError>;
      globals: ProcedureClient<C, undefined, Globals[], ThrowableError>;
      raw: ProcedureClient<C, undefined, RawOutput[], ThrowableError>;
      rawEnum: ProcedureClient<C, undefined, Enum[], ThrowableError>;
      hostile: ProcedureClient<C, undefined, Hostile[], ThrowableError>;
      proto: ProcedureClient<C, undefined, ProtoOutput[], ThrowableError>;
      hostileVariants: ProcedureClient<C, undefined, HostileVariants[], ThrowableError>;
      hostileTag: ProcedureClient<C, undefined, HostileTag[], ThrowableError>;
      clashes: ProcedureClient<C, undefined, ClashesOutput[], ThrowableError>;
      "größe": ProcedureClient<C, undefined, Gr__e[], ThrowableError>;
    };
  };
  native: {
    echo: {
      natives: ProcedureClient<C, NativesInput, NativesOutput, ThrowableError>;
      big: ProcedureClient<C, bigint, bigint, ThrowableError>;
      date: ProcedureClient<C, Date, Date, ThrowableError>;
      pattern: ProcedureClient<C, RegExp, RegExp, ThrowableError>;
      url: ProcedureClient<C, URL, URL, ThrowableError>;
      set: ProcedureClient<C, Set<number>, Set<number>, ThrowableError>;
      map: ProcedureClient<C, Map<string, Date>, Map<string, Date>, ThrowableError>;
      mapOfDates: ProcedureClient<
        C,
        Map<Date, Map<bigint, number | null>>,
        Map<Date, Map<bigint, number | null>>,
        ThrowableError
      >;
      undefined: ProcedureClient<C, undefined, undefined, ThrowableError>;
      float: ProcedureClient<C, number, number, ThrowableError>;
      number: ProcedureClient<C, number, number, ThrowableError>;
      signedNumber: ProcedureClient<C, number, number, ThrowableError>;
      any: ProcedureClient<C, unknown, unknown, ThrowableError>;
      dates: ProcedureClient<C, Date[], Date[], ThrowableError>;
      file: ProcedureClient<C, File, File, ThrowableError>;
      attached: ProcedureClient<C, AttachedInput, AttachedOutput, ThrowableError>;
      fields: ProcedureClient<C, Fields, Fields, ThrowableError>;
      ranges: ProcedureClient<C, NativeRanges, NativeRanges, ThrowableError>;
      tagged: ProcedureClient<C, Tagged, Tagged, ThrowableError>;
      either: ProcedureClient<C, Either, Either, ThrowableError>;
    };
    samples: {
      natives: ProcedureClient<C, undefined, NativesOutput[], ThrowableError>;
      big: ProcedureClient<C, undefined, bigint[], ThrowableError>;
      date: ProcedureClient<C, undefined, Date[], ThrowableError>;
      pattern: ProcedureClient<C, undefined, RegExp[], ThrowableError>;
      url: ProcedureClient<C, undefined, URL[], ThrowableError>;
      set: ProcedureClient<C, undefined, Set<number>[], ThrowableError>;
      map: ProcedureClient<C, undefined, Map<string, Date>[], ThrowableError>;
      mapOfDates: ProcedureClient<
        C,
        undefined,
        Map<Date, Map<bigint, number | null>>[],
        ThrowableError
      >;
      undefined: ProcedureClient<C, undefined, undefined[], ThrowableError>;
      float: ProcedureClient<C, undefined, number[], ThrowableError>;
      number: ProcedureClient<C, undefined, number[], ThrowableError>;
      signedNumber: ProcedureClient<C, undefined, number[], ThrowableError>;
      any: ProcedureClient<C, undefined, unknown[], ThrowableError>;
      dates: ProcedureClient<C, undefined, Date[][], ThrowableError>;
      file: ProcedureClient<C, undefined, File[], ThrowableError>;
      attached: ProcedureClient<C, undefined, AttachedOutput[], ThrowableError>;
      fields: ProcedureClient<C, undefined, Fields[], ThrowableError>;
      ranges: ProcedureClient<C, undefined, NativeRanges[], ThrowableError>;
      tagged: ProcedureClient<C, undefined, Tagged[], ThrowableError>;
      either: ProcedureClient<C, undefined, Either[], ThrowableError>;
    };
  };
  numbers: {
    echo: {
      small: ProcedureClient<C, Small, Small, ThrowableError>;
      wide: ProcedureClient<C, WideInput, WideOutput, ThrowableError>;
      sizes: ProcedureClient<C, Sizes, Sizes, ThrowableError>;
      floats: ProcedureClient<C, Floats, Floats, ThrowableError>;
      int8: ProcedureClient<C, number, number, ThrowableError>;
      uint16: ProcedureClient<C, number, number, ThrowableError>;
      int32: ProcedureClient<C, number, number, ThrowableError>;
      uint64: ProcedureClient<C, bigint, bigint, ThrowableError>;
      int64: ProcedureClient<C, bigint, bigint, ThrowableError>;
      uint128: ProcedureClient<C, bigint, bigint, ThrowableError>;
      int128: ProcedureClient<C, bigint, bigint, ThrowableError>;
      size: ProcedureClient<C, number, number, ThrowableError>;
      signedSize: ProcedureClient<C, number, number, ThrowableError>;
      float: ProcedureClient<C, number, number, ThrowableError>;
      double: ProcedureClient<C, number, number, ThrowableError>;
      nonZeros: ProcedureClient<C, NonZeros, NonZeros, ThrowableError>;
      wrapping: ProcedureClient<C, number, number, ThrowableError>;
      list: ProcedureClient<C, bigint[], bigint[], ThrowableError>;
    };
    samples: {
      small: ProcedureClient<C, undefined, Small[], ThrowableError>;
      wide: ProcedureClient<C, undefined, WideOutput[], ThrowableError>;
      sizes: ProcedureClient<C, undefined, Sizes[], ThrowableError>;
      floats: ProcedureClient<C, undefined, Floats[], ThrowableError>;
      int8: ProcedureClient<C, undefined, number[], ThrowableError>;
      uint16: ProcedureClient<C, undefined, number[], ThrowableError>;
      int32: ProcedureClient<C, undefined, number[], ThrowableError>;
      uint64: ProcedureClient<C, undefined, bigint[], ThrowableError>;
      int64: ProcedureClient<C, undefined, bigint[], ThrowableError>;
      uint128: ProcedureClient<C, undefined, bigint[], ThrowableError>;
      int128: ProcedureClient<C, undefined, bigint[], ThrowableError>;
      size: ProcedureClient<C, undefined, number[], ThrowableError>;
      signedSize: ProcedureClient<C, undefined, number[], ThrowableError>;
      float: ProcedureClient<C, undefined, number[], ThrowableError>;
      double: ProcedureClient<C, undefined, number[], ThrowableError>;
      nonZeros: ProcedureClient<C, undefined, NonZeros[], ThrowableError>;
      wrapping: ProcedureClient<C, undefined, number[], ThrowableError>;
      list: ProcedureClient<C, undefined, bigint[][], ThrowableError>;
    };
  };
  options: {
    echo: {
      forms: ProcedureClient<C, FormsInput, FormsOutput, ThrowableError>;
      required: ProcedureClient<C, RequiredInput, RequiredOutput, ThrowableError>;
      selfish: ProcedureClient<C, SelfishInput, SelfishOutput, ThrowableError>;
      ofUndefined: ProcedureClient<C, OfUndefined, OfUndefined, ThrowableError>;
      number: ProcedureClient<C, number | null | undefined, number | null, ThrowableError>;
      twice: ProcedureClient<C, string | null | undefined, string | null, ThrowableError>;
      unit: ProcedureClient<C, null | undefined, null, ThrowableError>;
      list: ProcedureClient<C, (boolean | null)[], (boolean | null)[], ThrowableError>;
      tuple: ProcedureClient<
        C,
        [number | null, string | null],
        [number | null, string | null],
        ThrowableError
      >;
      nothing: ProcedureClient<C, undefined, void, ThrowableError>;
    };
    samples: {
      forms: ProcedureClient<C, undefined, FormsOutput[], ThrowableError>;
      required: ProcedureClient<C, undefined, RequiredOutput[], ThrowableError>;
      selfish: ProcedureClient<C, undefined, SelfishOutput[], ThrowableError>;
      ofUndefined: ProcedureClient<C, undefined, OfUndefined[], ThrowableError>;
      number: ProcedureClient<C, undefined, (number | null)[], ThrowableError>;
      twice: ProcedureClient<C, undefined, (string | null)[], ThrowableError>;
      unit: ProcedureClient<C, undefined, null[], ThrowableError>;
      list: ProcedureClient<C, undefined, (boolean | null)[][], ThrowableError>;
      tuple: ProcedureClient<C, undefined, [number | null, string | null][], ThrowableError>;
      nothing: ProcedureClient<C, undefined, null[], ThrowableError>;
    };
  };
  recursion: {
    echo: {
      tree: ProcedureClient<C, Tree, Tree, ThrowableError>;
      expression: ProcedureClient<C, ExpressionInput, ExpressionOutput, ThrowableError>;
      folder: ProcedureClient<C, Folder, Folder, ThrowableError>;
      byName: ProcedureClient<C, ByName, ByName, ThrowableError>;
      lists: ProcedureClient<C, Lists, Lists, ThrowableError>;
      json: ProcedureClient<C, Json, Json, ThrowableError>;
      comment: ProcedureClient<C, CommentOfUint8, CommentOfUint8, ThrowableError>;
      even: ProcedureClient<C, EvenInput, EvenOutput, ThrowableError>;
    };
    samples: {
      tree: ProcedureClient<C, undefined, Tree[], ThrowableError>;
      expression: ProcedureClient<C, undefined, ExpressionOutput[], ThrowableError>;
      folder: ProcedureClient<C, undefined, Folder[], ThrowableError>;
      byName: ProcedureClient<C, undefined, ByName[], ThrowableError>;
      lists: ProcedureClient<C, undefined, Lists[], ThrowableError>;
      json: ProcedureClient<C, undefined, Json[], ThrowableError>;
      comment: ProcedureClient<C, undefined, CommentOfUint8[], ThrowableError>;
      even: ProcedureClient<C, undefined, EvenOutput[], ThrowableError>;
    };
  };
  standard: {
    echo: {
      texts: ProcedureClient<C, Texts, Texts, ThrowableError>;
      pointers: ProcedureClient<C, Pointers, Pointers, ThrowableError>;
      collections: ProcedureClient<C, Collections, Collections, ThrowableError>;
      arrays: ProcedureClient<C, Arrays, Arrays, ThrowableError>;
      flag: ProcedureClient<C, boolean, boolean, ThrowableError>;
      text: ProcedureClient<C, string, string, ThrowableError>;
      duration: ProcedureClient<C, Duration, Duration, ThrowableError>;
      systemTime: ProcedureClient<C, SystemTime, SystemTime, ThrowableError>;
      range: ProcedureClient<C, RangeOfUint8, RangeOfUint8, ThrowableError>;
      inclusiveRange: ProcedureClient<C, RangeOfInt32, RangeOfInt32, ThrowableError>;
      bound: ProcedureClient<C, BoundOfUint8, BoundOfUint8, ThrowableError>;
      results: ProcedureClient<
        C,
        ResultOfUint8AndString[],
        ResultOfUint8AndString[],
        ThrowableError
      >;
      addresses: ProcedureClient<C, Addresses, Addresses, ThrowableError>;
      nested: ProcedureClient<C, (boolean[] | null)[][], (boolean[] | null)[][], ThrowableError>;
      array: ProcedureClient<C, [string, string], [string, string], ThrowableError>;
    };
    samples: {
      texts: ProcedureClient<C, undefined, Texts[], ThrowableError>;
      pointers: ProcedureClient<C, undefined, Pointers[], ThrowableError>;
      collections: ProcedureClient<C, undefined, Collections[], ThrowableError>;
      arrays: ProcedureClient<C, undefined, Arrays[], ThrowableError>;
      flag: ProcedureClient<C, undefined, boolean[], ThrowableError>;
      text: ProcedureClient<C, undefined, string[], ThrowableError>;
      duration: ProcedureClient<C, undefined, Duration[], ThrowableError>;
      systemTime: ProcedureClient<C, undefined, SystemTime[], ThrowableError>;
      range: ProcedureClient<C, undefined, RangeOfUint8[], ThrowableError>;
      inclusiveRange: ProcedureClient<C, undefined, RangeOfInt32[], ThrowableError>;
      bound: ProcedureClient<C, undefined, BoundOfUint8[], ThrowableError>;
      results: ProcedureClient<C, undefined, ResultOfUint8AndString[][], ThrowableError>;
      addresses: ProcedureClient<C, undefined, Addresses[], ThrowableError>;
      nested: ProcedureClient<C, undefined, (boolean[] | null)[][][], ThrowableError>;
      array: ProcedureClient<C, undefined, [string, string][], ThrowableError>;
    };
  };
  structs: {
    echo: {
      unit: ProcedureClient<C, Unit, Unit, ThrowableError>;
      empty: ProcedureClient<C, Empty, Empty, ThrowableError>;
      emptyTuple: ProcedureClient<C, EmptyTuple, EmptyTuple, ThrowableError>;
      newtype: ProcedureClient<C, Newtype, Newtype, ThrowableError>;
      transparent: ProcedureClient<C, string, string, ThrowableError>;
      newtypeOfNewtype: ProcedureClient<C, NewtypeOfNewtype, NewtypeOfNewtype, ThrowableError>;
      pair: ProcedureClient<C, Pair, Pair, ThrowableError>;
      triple: ProcedureClient<C, Triple, Triple, ThrowableError>;
      plain: ProcedureClient<C, Plain, Plain, ThrowableError>;
      camel: ProcedureClient<C, Camel, Camel, ThrowableError>;
      strict: ProcedureClient<C, StrictInput, StrictOutput, ThrowableError>;
      strictEmpty: ProcedureClient<C, StrictEmpty, StrictEmpty, ThrowableError>;
      fieldDefaults: ProcedureClient<C, FieldDefaultsInput, FieldDefaultsOutput, ThrowableError>;
      containerDefault: ProcedureClient<
        C,
        ContainerDefaultInput,
        ContainerDefaultOutput,
        ThrowableError
      >;
      skipping: ProcedureClient<C, StructsSkippingInput, StructsSkippingOutput, ThrowableError>;
      skippingIf: ProcedureClient<C, SkippingIfInput, SkippingIfOutput, ThrowableError>;
      directed: ProcedureClient<C, DirectedInput, DirectedOutput, ThrowableError>;
      aliased: ProcedureClient<C, StructsAliased, StructsAliased, ThrowableError>;
      celsius: ProcedureClient<C, CelsiusInput, CelsiusOutput, ThrowableError>;
      converted: ProcedureClient<C, ConvertedInput, ConvertedOutput, ThrowableError>;
      with: ProcedureClient<C, WithInput, WithOutput, ThrowableError>;
      ownType: ProcedureClient<C, OwnType, OwnType, ThrowableError>;
      tuple: ProcedureClient<
        C,
        [number, boolean, string | null],
        [number, boolean, string | null],
        ThrowableError
      >;
      oneTuple: ProcedureClient<C, [number], [number], ThrowableError>;
      nestedTuple: ProcedureClient<
        C,
        [[number, number], [[boolean, string], [boolean, string]]],
        [[number, number], [[boolean, string], [boolean, string]]],
        ThrowableError
      >;
    };
    samples: {
      unit: ProcedureClient<C, undefined, Unit[], ThrowableError>;
      empty: ProcedureClient<C, undefined, Empty[], ThrowableError>;
      emptyTuple: ProcedureClient<C, undefined, EmptyTuple[], ThrowableError>;
      newtype: ProcedureClient<C, undefined, Newtype[], ThrowableError>;
      transparent: ProcedureClient<C, undefined, string[], ThrowableError>;
      newtypeOfNewtype: ProcedureClient<C, undefined, NewtypeOfNewtype[], ThrowableError>;
      pair: ProcedureClient<C, undefined, Pair[], ThrowableError>;
      triple: ProcedureClient<C, undefined, Triple[], ThrowableError>;
      plain: ProcedureClient<C, undefined, Plain[], ThrowableError>;
      camel: ProcedureClient<C, undefined, Camel[], ThrowableError>;
      strict: ProcedureClient<C, undefined, StrictOutput[], ThrowableError>;
      strictEmpty: ProcedureClient<C, undefined, StrictEmpty[], ThrowableError>;
      fieldDefaults: ProcedureClient<C, undefined, FieldDefaultsOutput[], ThrowableError>;
      containerDefault: ProcedureClient<C, undefined, ContainerDefaultOutput[], ThrowableError>;
      skipping: ProcedureClient<C, undefined, StructsSkippingOutput[], ThrowableError>;
      skippingIf: ProcedureClient<C, undefined, SkippingIfOutput[], ThrowableError>;
      directed: ProcedureClient<C, undefined, DirectedOutput[], ThrowableError>;
      aliased: ProcedureClient<C, undefined, StructsAliased[], ThrowableError>;
      celsius: ProcedureClient<C, undefined, CelsiusOutput[], ThrowableError>;
      converted: ProcedureClient<C, undefined, ConvertedOutput[], ThrowableError>;
      with: ProcedureClient<C, undefined, WithOutput[], ThrowableError>;
      ownType: ProcedureClient<C, undefined, OwnType[], ThrowableError>;
      tuple: ProcedureClient<C, undefined, [number, boolean, string | null][], ThrowableError>;
      oneTuple: ProcedureClient<C, undefined, [number][], ThrowableError>;
      nestedTuple: ProcedureClient<
        C,
        undefined,
        [[number, number], [[boolean, string], [boolean, string]]][],
        ThrowableError
      >;
    };
  };
};
