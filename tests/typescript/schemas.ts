// The schemas of the server's inputs. Generated from its Rust code: change that instead.

import { z } from "zod";

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

export type BillingItem = {
  /** @format uint32 */
  price: number;
};

export type BothOfBooleanAndWrapperOfUint8 = { a: boolean; b: WrapperOfUint8 };

export type BothOfPageOfUserAndMapOfUserInput = { a: PageOfUserInput; b: { [key: string]: User } };

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

export type Camel = {
  /** @format uint8 */
  firstField: number;
  /** @format uint8 */
  "second-field": number;
};

export type CelsiusInput = { celsius: number };

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

/** @format uint8 */
export type ConvertedInput = number;

/** Its contracts differ, and so do those of what holds it. */
export type DefaultedOfStringInput = {
  value?: string | undefined;
  maybe?: string | null | undefined;
};

/** Its contracts differ, and so do those of what holds it. */
export type DefaultedOfUint8Input = {
  /** @format uint8 */
  value?: number | undefined;
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

export type DirectedInput = {
  /** @format uint8 */
  inName: number;
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

export type EvenInput = { next?: OddInput | null | undefined };

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

export type InnerInput = {
  /** @format uint16 */
  n: number;
  maybe?: string | null | undefined;
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

export type InternalOfMap =
  | { kind: "Counts"; [key: string]: number | "Counts" }
  | { kind: "Point" } & EnumsPoint;

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

export type NestedInput = {
  top: boolean;
  /** @format uint8 */
  id: number;
  /** @format uint16 */
  n: number;
  maybe?: string | null | undefined;
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

export type OfAnyInput = {
  /** @format uint8 */
  id: number;
  text?: string | null | undefined;
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

export type OwnType = { side: "left" | "right"; list: readonly (1 | 2)[] };

export type PageOfDefaultedOfStringInput = {
  items: DefaultedOfStringInput[];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfOptionalUserInput = {
  items: (User | null)[];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfPageOfUserInput = {
  items: PageOfUserInput[];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfStringInput = {
  items: string[];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfUint8AndUserTupleInput = {
  items: [number, User][];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfUint8ArrayInput = {
  items: number[][];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfUint8Input = {
  items: number[];
  /** @format uint32 */
  next?: number | null | undefined;
};

export type PageOfUserInput = {
  items: User[];
  /** @format uint32 */
  next?: number | null | undefined;
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

export type RequiredInput = {
  /** @format uint8 */
  required: number;
  /** @format uint8 */
  with?: number | null | undefined;
};

export type ResultOfUint8AndString =
  | {
      /** @format uint8 */
      Ok: number;
    }
  | { Err: string };

export type SelfishInput = { name: string; next?: SelfishInput | null | undefined };

export type ShadowedInput = {
  /** @format uint16 */
  n: number;
  maybe?: string | null | undefined;
  /** @default "A" */
  extra?: Extra | undefined;
};

export type ShopItemInput = {
  title: string;
  /** @default [] */
  tags?: string[] | undefined;
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

export type WithInput = {
  /** @pattern ^[0-9a-f]{1,8}$ */
  number: string;
  text?: string | null | undefined;
};

export type WrapperOfBothOfBooleanAndWrapperOfUint8 = BothOfBooleanAndWrapperOfUint8;

/** @format uint8 */
export type WrapperOfUint8 = number;

export const Addresses = /* @__PURE__ */ (() => z.object({
  any: z.string().refine(isIp, "Invalid string: must be of the format ip"),
  v4: z.string().refine(isIpv4, "Invalid string: must be of the format ipv4"),
  v6: z.string().refine(isIpv6, "Invalid string: must be of the format ipv6"),
}))();

export const EnumsPoint = /* @__PURE__ */ (() => z.object({
  x: z.int().min(-2147483648, "Too small: expected a number >= -2147483648").max(2147483647, "Too big: expected a number <= 2147483647"),
  y: z.int().min(-2147483648, "Too small: expected a number >= -2147483648").max(2147483647, "Too big: expected a number <= 2147483647"),
}))();

export const AdjacentInput = /* @__PURE__ */ (() => z.union([z.object({
  t: z.literal("Unit"),
}), z.object({
  t: z.literal("Newtype"),
  c: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.object({
  t: z.literal("Tuple"),
  c: z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.string()]),
}), z.object({
  t: z.literal("Struct"),
  c: z.object({
    a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
    b: z.boolean().nullable().optional(),
  }),
}), z.object({
  t: z.literal("Nested"),
  c: EnumsPoint,
}), z.object({
  t: z.literal("Maybe"),
  c: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
})]))();

export const AdjacentStrict = /* @__PURE__ */ (() => z.union([z.strictObject({
  t: z.literal("Unit"),
}), z.strictObject({
  t: z.literal("Struct"),
  c: z.strictObject({
    a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  }),
})]))();

export const ArchiveItem = /* @__PURE__ */ (() => z.object({
  year: z.int().min(0, "Too small: expected a number >= 0").max(65535, "Too big: expected a number <= 65535"),
}))();

export const Arrays = /* @__PURE__ */ (() => z.object({
  none: z.tuple([]),
  three: z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")]),
  nested: z.tuple([z.tuple([z.boolean(), z.boolean()]), z.tuple([z.boolean(), z.boolean()])]),
  long: z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")).min(32, "Too small: expected at least 32 items").max(32, "Too big: expected at most 32 items"),
}))();

export const AttachedInput = /* @__PURE__ */ (() => z.object({
  title: z.string(),
  file: z.instanceof(File),
  more: z.array(z.instanceof(File)),
  maybe: z.instanceof(File).nullable().optional(),
}))();

export const BillingItem = /* @__PURE__ */ (() => z.object({
  price: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0"),
}))();

export const WrapperOfUint8 = /* @__PURE__ */ (() => z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"))();

export const BothOfBooleanAndWrapperOfUint8 = /* @__PURE__ */ (() => z.object({
  a: z.boolean(),
  b: WrapperOfUint8,
}))();

export const User = /* @__PURE__ */ (() => z.object({
  name: z.string(),
}))();

export const PageOfUserInput = /* @__PURE__ */ (() => z.object({
  items: z.array(User),
  next: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0").nullable().optional(),
}))();

export const BothOfPageOfUserAndMapOfUserInput = /* @__PURE__ */ (() => z.object({
  a: PageOfUserInput,
  b: z.record(z.string(), User),
}))();

export const BothOfStringAndUint8 = /* @__PURE__ */ (() => z.object({
  a: z.string(),
  b: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const BothOfUint8AndString = /* @__PURE__ */ (() => z.object({
  a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  b: z.string(),
}))();

export const BoundOfUint8 = /* @__PURE__ */ (() => one<
  | {
      /** @format uint8 */
      Included: number;
    }
  | {
      /** @format uint8 */
      Excluded: number;
    }
  | "Unbounded">(z.object({
  Included: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.object({
  Excluded: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.literal("Unbounded")))();

export const ByName: z.ZodType<ByName, ByName> = /* @__PURE__ */ (() => z.record(z.string(), z.lazy(() => ByName)))();

export const BytesInput = /* @__PURE__ */ (() => z.union([z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")), z.string()]))();

export const Camel = /* @__PURE__ */ (() => z.object({
  firstField: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "second-field": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const CelsiusInput = /* @__PURE__ */ (() => z.object({
  celsius: z.number(),
}))();

export const Choice = /* @__PURE__ */ (() => z.union([z.literal("First").describe("The first */ one."), z.literal("Second").describe("The second."), z.strictObject({
  Third: z.object({
    number: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").describe("Its number."),
  }),
}).describe("With content."), z.strictObject({
  Fourth: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").describe("A number."),
})]).describe("A choice."))();

export const Chrono = /* @__PURE__ */ (() => z.object({
  at: z.string().refine(isDateTime, "Invalid string: must be of the format date-time"),
  date: z.string().refine(isDate, "Invalid string: must be of the format date"),
  time: z.string(),
  both: z.string(),
  native: z.date(),
}))();

export const ClashInput = /* @__PURE__ */ (() => z.object({
  a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const ClashOutput = /* @__PURE__ */ (() => z.object({
  b: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const NamesClashInput = /* @__PURE__ */ (() => z.object({
  number: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
}).describe("There is one that a type's two contracts would be called by, too."))();

export const ClashesInput = /* @__PURE__ */ (() => z.object({
  clash: NamesClashInput,
  input: ClashInput,
  output: ClashOutput,
}))();

export const Collections = /* @__PURE__ */ (() => z.object({
  deque: z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")),
  list: z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")),
  heap: z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")),
  sorted: z.array(z.string()).refine(areUnique, "Invalid input: expected items that differ"),
  hashed: z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")).refine(areUnique, "Invalid input: expected items that differ"),
}))();

export const CommentOfUint8: z.ZodType<CommentOfUint8, CommentOfUint8> = /* @__PURE__ */ (() => z.object({
  content: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  replies: z.array(z.lazy(() => CommentOfUint8)),
}))();

export const ConstantsInput = /* @__PURE__ */ (() => z.object({
  version: z.literal("v1"),
  seven: z.literal(7),
  null: z.literal(null).optional(),
  some: z.literal(["a", "b", null]).optional(),
  numbers: z.literal([1, 2]),
  big: z.literal(9n),
  yes: z.literal(true),
}))();

export const ConstraintsRanges = /* @__PURE__ */ (() => z.object({
  small: z.int().min(1, "Too small: expected a number >= 1").max(10, "Too big: expected a number <= 10"),
  float: z.number().min(-1.5, "Too small: expected a number >= -1.5").max(1.5, "Too big: expected a number <= 1.5"),
  share: z.number().gt(0, "Too small: expected a number > 0").lt(1, "Too big: expected a number < 1"),
  fives: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0").multipleOf(5, "Invalid number: expected a multiple of 5"),
  wide: z.bigint().max(18446744073709551615n, "Too big: expected a number <= 18446744073709551615").min(1n, "Too small: expected a number >= 1"),
  negative: z.bigint().min(-9223372036854775808n, "Too small: expected a number >= -9223372036854775808").max(-1n, "Too big: expected a number <= -1"),
}))();

export const ContainerDefaultInput = /* @__PURE__ */ (() => z.object({
  "some-number": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
  "some-text": z.string().optional(),
  "some-list": z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable()).optional(),
}))();

export const ConvertedInput = /* @__PURE__ */ (() => z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"))();

export const DefaultedOfStringInput = /* @__PURE__ */ (() => z.object({
  value: z.string().optional(),
  maybe: z.string().nullable().optional(),
}).describe("Its contracts differ, and so do those of what holds it."))();

export const DefaultedOfUint8Input = /* @__PURE__ */ (() => z.object({
  value: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
  maybe: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
}).describe("Its contracts differ, and so do those of what holds it."))();

export const DeprecatedInput = /* @__PURE__ */ (() => z.object({
  old: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").describe("No longer used."),
  older: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
  new: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const DirectedInput = /* @__PURE__ */ (() => z.object({
  inName: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const Documented = /* @__PURE__ */ (() => z.object({
  one: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").describe("One line."),
  two: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").describe("Two\nlines."),
  block: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").describe("A block"),
  end: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").describe("*/"),
  breaks: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").describe("a\r\nb c"),
  nothing: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  indented: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").describe("Indented."),
  unicode: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").describe("日本 😀"),
  lie: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").describe("@format int64"),
}).describe("Says a lot.\n\nWith paragraphs, `code`, and what would end a comment: */ and /* what would\nbegin one. Also <b>HTML</b>, ${templates} and \\ backslashes.\n\n@deprecated is no tag here, and neither is\n@param x\n- a list\n\n```\nlet x = 1;\n```"))();

export const Duration = /* @__PURE__ */ (() => z.object({
  secs: z.bigint().max(18446744073709551615n, "Too big: expected a number <= 18446744073709551615").min(0n, "Too small: expected a number >= 0"),
  nanos: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0"),
}))();

export const Either = /* @__PURE__ */ (() => z.union([z.string(), z.number(), z.date(), z.set(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"))]))();

export const Empty = /* @__PURE__ */ (() => z.record(z.string(), z.unknown()))();

export const EmptyTuple = /* @__PURE__ */ (() => z.tuple([]))();

export const Folder: z.ZodType<Folder, Folder> = /* @__PURE__ */ (() => z.object({
  name: z.string(),
  entries: z.array(z.lazy(() => Entry)),
}))();

export const Entry: z.ZodType<Entry, Entry> = /* @__PURE__ */ (() => one<
  | { kind: "folder" } & Folder
  | {
      kind: "file";
      name: string;
      /** @format uint32 */
      size: number;
    }
  | { kind: "link"; to: Entry }>(all<{ kind: "folder" } & Folder>(Folder, z.looseObject({
  kind: z.literal("folder"),
})), z.object({
  kind: z.literal("file"),
  name: z.string(),
  size: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0"),
}), z.object({
  kind: z.literal("link"),
  to: z.lazy(() => Entry),
})))();

export const Enum = /* @__PURE__ */ (() => z.union([z.literal("Match"), z.strictObject({
  Loop: z.object({
    in: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  }),
})]))();

export const EnumsAliased = /* @__PURE__ */ (() => z.union([z.literal("One"), z.strictObject({
  Two: z.object({
    number: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  }),
})]))();

export const EnumsSkippingInput = /* @__PURE__ */ (() => z.union([z.object({
  kind: z.literal("Both"),
  a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.object({
  kind: z.literal("OnlyIn"),
  c: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
})]).describe("An enum whose input has fewer variants than its output, and more."))();

export const OddInput: z.ZodType<OddInput, OddInput> = /* @__PURE__ */ (() => z.object({
  next: z.lazy(() => EvenInput),
}))();

export const EvenInput = /* @__PURE__ */ (() => z.object({
  next: OddInput.nullable().optional(),
}))();

export const Event = /* @__PURE__ */ (() => z.union([z.object({
  type: z.literal("user_joined"),
  userName: z.string(),
  joinedAt: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0"),
}), z.object({
  type: z.literal("user_left"),
  userName: z.string(),
})]))();

export const ExpressionInput: z.ZodType<ExpressionInput, ExpressionInput> = /* @__PURE__ */ (() => z.union([z.strictObject({
  Number: z.number(),
}), z.strictObject({
  Sum: z.array(z.lazy(() => ExpressionInput)),
}), z.strictObject({
  Negation: z.lazy(() => ExpressionInput),
}), z.strictObject({
  Choice: z.object({
    condition: z.lazy(() => ExpressionInput),
    otherwise: z.lazy(() => ExpressionInput).nullable().optional(),
  }),
})]))();

export const ExternalInput = /* @__PURE__ */ (() => z.union([z.literal("Unit"), z.strictObject({
  Newtype: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.strictObject({
  Tuple: z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.string()]),
}), z.strictObject({
  Struct: z.object({
    a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
    b: z.boolean().nullable().optional(),
  }),
}), z.strictObject({
  EmptyTuple: z.tuple([]),
}), z.strictObject({
  EmptyStruct: z.record(z.string(), z.unknown()),
}), z.strictObject({
  Nested: EnumsPoint,
})]))();

export const ExternalStrict = /* @__PURE__ */ (() => z.union([z.literal("Unit"), z.strictObject({
  Struct: z.strictObject({
    a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  }),
}), z.strictObject({
  Nested: EnumsPoint,
})]))();

export const Extra = /* @__PURE__ */ (() => z.union([z.literal("A"), z.strictObject({
  B: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
})]))();

export const FieldDefaultsInput = /* @__PURE__ */ (() => z.object({
  a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
  b: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
  c: z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")).optional(),
  d: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}).describe("Its members may be left out of what goes in, and come out always."))();

export const Fields = /* @__PURE__ */ (() => z.object({
  at: z.date(),
  size: z.int().min(0, "Too small: expected a number >= 0").max(9007199254740991, "Too big: expected a number <= 9007199254740991"),
  set: z.set(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")),
  map: z.map(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.boolean()),
}))();

export const Floats = /* @__PURE__ */ (() => z.object({
  a: z.number(),
  b: z.number(),
}))();

export const Formats = /* @__PURE__ */ (() => z.object({
  date: z.string().refine(isDate, "Invalid string: must be of the format date").nullable().optional(),
  "date-time": z.string().refine(isDateTime, "Invalid string: must be of the format date-time").nullable().optional(),
  duration: z.string().refine(isDuration, "Invalid string: must be of the format duration").nullable().optional(),
  email: z.string().refine(isEmail, "Invalid string: must be of the format email").nullable().optional(),
  hostname: z.string().refine(isHostname, "Invalid string: must be of the format hostname").nullable().optional(),
  ip: z.string().refine(isIp, "Invalid string: must be of the format ip").nullable().optional(),
  ipv4: z.string().refine(isIpv4, "Invalid string: must be of the format ipv4").nullable().optional(),
  ipv6: z.string().refine(isIpv6, "Invalid string: must be of the format ipv6").nullable().optional(),
  iri: z.string().refine(isUri, "Invalid string: must be of the format iri").nullable().optional(),
  "iri-reference": z.string().refine(isUriReference, "Invalid string: must be of the format iri-reference").nullable().optional(),
  "json-pointer": z.string().refine(isJsonPointer, "Invalid string: must be of the format json-pointer").nullable().optional(),
  regex: z.string().refine(isRegex, "Invalid string: must be of the format regex").nullable().optional(),
  "relative-json-pointer": z.string().refine(isRelativeJsonPointer, "Invalid string: must be of the format relative-json-pointer").nullable().optional(),
  time: z.string().refine(isTime, "Invalid string: must be of the format time").nullable().optional(),
  uri: z.string().refine(isUri, "Invalid string: must be of the format uri").nullable().optional(),
  "uri-reference": z.string().refine(isUriReference, "Invalid string: must be of the format uri-reference").nullable().optional(),
  "uri-template": z.string().refine(isUriTemplate, "Invalid string: must be of the format uri-template").nullable().optional(),
  uuid: z.string().refine(isUuid, "Invalid string: must be of the format uuid").nullable().optional(),
}).describe("A text of each format that is enforced."))();

export const FormsInput = /* @__PURE__ */ (() => z.object({
  plain: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
  default: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
  skipped: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
  both: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
  boxed: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
  twice: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
  unit: z.null().optional(),
  list: z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable()).nullable().optional(),
}))();

export const NamesDate = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const NamesError = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const NamesMap = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const NamesRecord = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const NamesClient = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const NamesPromise = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const NamesArray = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const NamesString = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const Namesundefined = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const Namesany = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const NamesFile = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const Namesclass = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const Partial = /* @__PURE__ */ (() => z.object({
  own: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const Globals = /* @__PURE__ */ (() => z.object({
  date: NamesDate,
  error: NamesError,
  map: NamesMap,
  record: NamesRecord,
  client: NamesClient,
  promise: NamesPromise,
  array: NamesArray,
  string: NamesString,
  undefined: Namesundefined,
  any: Namesany,
  file: NamesFile,
  class: Namesclass,
  partial: Partial,
}).describe("Holds the types whose names are those of TypeScript."))();

export const Gr__e = /* @__PURE__ */ (() => z.object({
  wert: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}).describe("A name with letters that no ASCII has."))();

export const GridOf3 = /* @__PURE__ */ (() => z.object({
  rows: z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")]),
}))();

export const PageOfDefaultedOfStringInput = /* @__PURE__ */ (() => z.object({
  items: z.array(DefaultedOfStringInput),
  next: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0").nullable().optional(),
}))();

export const HolderInput = /* @__PURE__ */ (() => z.object({
  defaulted: DefaultedOfUint8Input,
  page: PageOfDefaultedOfStringInput,
}))();

export const Hostile = /* @__PURE__ */ (() => z.object({
  "": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "a\"b": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "it's": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "*/ evil /*": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "a-b": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "a.b": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "über": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "日本": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "😀": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "a\nb": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  " ": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "back\\slash": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "${x}`": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "1": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "1e3": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "-1": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  constructor: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  toString: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  hasOwnProperty: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  then: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  length: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  "a/b~c%d": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  json: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  meta: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const HostileTag = /* @__PURE__ */ (() => z.union([z.object({
  "*/ \"tag\"": z.literal("true"),
}), z.object({
  "*/ \"tag\"": z.literal("1"),
  "con-tent": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
})]))();

export const HostileVariants = /* @__PURE__ */ (() => z.union([z.enum(["", "a\"b", "日本", "\\u0041"]), z.strictObject({
  "*/": z.object({
    "*/": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  }),
}), z.strictObject({
  "new\nline": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.strictObject({
  constructor: z.object({
    x: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  }),
})]))();

export const OfStructInput = /* @__PURE__ */ (() => z.object({
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  n: z.int().min(0, "Too small: expected a number >= 0").max(65535, "Too big: expected a number <= 65535"),
  maybe: z.string().nullable().optional(),
}))();

export const OfInternalInput = /* @__PURE__ */ (() => all<{
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
)>(z.looseObject({
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), one<
  | { kind: "Unit" }
  | { kind: "Newtype" } & EnumsPoint
  | {
      kind: "Struct";
      /** @format uint8 */
      a: number;
      b?: boolean | null | undefined;
    }
  | { kind: "EmptyStruct" }>(z.object({
  kind: z.literal("Unit"),
}), all<{ kind: "Newtype" } & EnumsPoint>(EnumsPoint, z.looseObject({
  kind: z.literal("Newtype"),
})), z.object({
  kind: z.literal("Struct"),
  a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  b: z.boolean().nullable().optional(),
}), z.object({
  kind: z.literal("EmptyStruct"),
}))))();

export const InListInput = /* @__PURE__ */ (() => z.object({
  list: z.array(OfStructInput),
  by_name: z.record(z.string(), OfInternalInput),
}))();

export const InnerInput = /* @__PURE__ */ (() => z.object({
  n: z.int().min(0, "Too small: expected a number >= 0").max(65535, "Too big: expected a number <= 65535"),
  maybe: z.string().nullable().optional(),
}))();

export const InternalInput = /* @__PURE__ */ (() => one<
  | { kind: "Unit" }
  | { kind: "Newtype" } & EnumsPoint
  | {
      kind: "Struct";
      /** @format uint8 */
      a: number;
      b?: boolean | null | undefined;
    }
  | { kind: "EmptyStruct" }>(z.object({
  kind: z.literal("Unit"),
}), all<{ kind: "Newtype" } & EnumsPoint>(EnumsPoint, z.looseObject({
  kind: z.literal("Newtype"),
})), z.object({
  kind: z.literal("Struct"),
  a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  b: z.boolean().nullable().optional(),
}), z.object({
  kind: z.literal("EmptyStruct"),
})))();

export const InternalOfInternalInput = /* @__PURE__ */ (() => one<
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
  | { outer: "None" }>(all<{ outer: "Inner" } & InternalInput>(InternalInput, z.looseObject({
  outer: z.literal("Inner"),
})), all<{ outer: "Strict" } & (
  | { kind: "unit" }
  | {
      kind: "firstStruct";
      /** @format uint8 */
      a: number;
    }
  | { kind: "secondStruct"; b: string }
)>(z.looseObject({
  outer: z.literal("Strict"),
}), z.union([z.object({
  kind: z.literal("unit"),
}), z.object({
  kind: z.literal("firstStruct"),
  a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.object({
  kind: z.literal("secondStruct"),
  b: z.string(),
})])), z.object({
  outer: z.literal("None"),
})))();

export const InternalOfMap = /* @__PURE__ */ (() => one<{ kind: "Counts"; [key: string]: number | "Counts" } | { kind: "Point" } & EnumsPoint>(typed<{ kind: "Counts"; [key: string]: number | "Counts" }>(z.object({
  kind: z.literal("Counts"),
}).catchall(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"))), all<{ kind: "Point" } & EnumsPoint>(EnumsPoint, z.looseObject({
  kind: z.literal("Point"),
}))))();

export const InternalStrict = /* @__PURE__ */ (() => z.union([z.strictObject({
  kind: z.literal("unit"),
}), z.strictObject({
  kind: z.literal("firstStruct"),
  a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.strictObject({
  kind: z.literal("secondStruct"),
  b: z.string(),
})]))();

export const ShopItemInput = /* @__PURE__ */ (() => z.object({
  title: z.string(),
  tags: z.array(z.string()).optional(),
}))();

export const ItemsInput = /* @__PURE__ */ (() => z.object({
  billed: BillingItem,
  archived: ArchiveItem,
  sold: ShopItemInput,
  more: z.array(ShopItemInput),
}).describe("All the items."))();

export const Jiff = /* @__PURE__ */ (() => z.object({
  at: z.string().refine(isDateTime, "Invalid string: must be of the format date-time"),
  date: z.string().refine(isDate, "Invalid string: must be of the format date"),
  time: z.string(),
  both: z.string(),
  duration: z.string().refine(isDuration, "Invalid string: must be of the format duration"),
  native: z.date(),
}))();

export const Json: z.ZodType<Json, Json> = /* @__PURE__ */ (() => z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(z.lazy(() => Json)), z.record(z.string(), z.lazy(() => Json))]))();

export const Keywords = /* @__PURE__ */ (() => z.object({
  not: not(z.string()).optional(),
  condition: when(z.string(), where("string", z.string().refine((text) => [...text].length >= 2, "Too small: expected at least 2 characters")), z.record(z.string(), z.unknown()).nullable()).optional(),
  contains: where("array", z.array(z.unknown()).refine(contains(z.number(), 1, 2), "Invalid input: refused by `contains`")).optional(),
  together: z.record(z.string(), z.unknown()).refine(together({"a":["b"]}), "Invalid input: refused by `dependentRequired`").optional(),
  dependent: where("object", z.record(z.string(), z.unknown()).refine((value) => !Object.hasOwn(value, "a") || where("object", z.record(z.string(), z.unknown()).refine((value) => Object.hasOwn(value, "b"), { message: "Invalid input: required, received undefined", path: ["b"] })).safeParse(value).success, "Invalid input: refused by `dependentSchemas`")).optional(),
  names: z.record(typed<string>(where("string", z.string().refine((text) => [...text].length <= 1, "Too big: expected at most 1 character"))), z.unknown()).optional(),
  patterns: z.looseObject({
    a: z.number().optional(),
  }).superRefine(members(["a"], [[pattern("^b"), z.string()]], z.boolean(), z.string())).optional(),
  count: z.record(z.string(), z.unknown()).refine((value) => Object.keys(value).length >= 1, "Too small: expected at least 1 member").refine((value) => Object.keys(value).length <= 2, "Too big: expected at most 2 members").optional(),
  required: z.record(z.string(), z.unknown()).refine((value) => Object.hasOwn(value, "a"), { message: "Invalid input: required, received undefined", path: ["a"] }).optional(),
  unevaluated: all<{ a?: number | undefined }>(where("object", z.object({
    a: z.number().optional(),
  })), others([[where("object", z.object({
    a: z.number().optional(),
  })), ["a"]]], z.never())).optional(),
  evaluated: all<{ [key: string]: unknown } & ({ a: number } | { b: unknown })>(either<{ a: number } | { b: unknown }>(where("object", z.object({
    a: z.number(),
  })), where("object", z.object({
    b: z.unknown().refine((value) => value !== undefined, "Invalid input: required, received undefined"),
  }))), others([[where("object", z.object({
    a: z.number(),
  })), ["a"]], [where("object", z.object({
    b: z.unknown().refine((value) => value !== undefined, "Invalid input: required, received undefined"),
  })), ["b"]]], z.string())).optional(),
  one: one<unknown>(z.number(), where("number", z.number().multipleOf(2, "Invalid number: expected a multiple of 2"))).optional(),
  either: either<string | unknown[]>(z.string().refine((text) => [...text].length >= 2, "Too small: expected at least 2 characters"), z.union([z.string().refine((text) => [...text].length <= 0, "Too big: expected at most 0 characters"), z.array(z.unknown())])).optional(),
  all: all<number | string>(z.union([z.number(), z.string()]), where("number", z.number().min(2, "Too small: expected a number >= 2"))).optional(),
  listed: equal<[1, "a"] | { a: 1 } | null | 2>([[1,"a"], {"a":1}, null, 2]).optional(),
  constant: equal<{ a: [1] }>([{"a":[1]}]).optional(),
  tuple: z.tuple([z.number(), z.string().optional()], z.unknown()).refine((items) => items.every((item) => item !== undefined), "Invalid input: required, received undefined").refine((value) => value.length >= 1, "Too small: expected at least 1 item").optional(),
  unique: z.array(z.union([z.number(), z.record(z.string(), z.unknown())])).refine(areUnique, "Invalid input: expected items that differ").optional(),
  integer: z.union([z.int().gt(0, "Too small: expected a number > 0").multipleOf(3, "Invalid number: expected a multiple of 3"), z.boolean()]).optional(),
  text: z.string().refine((text) => [...text].length >= 2, "Too small: expected at least 2 characters").refine((text) => [...text].length <= 3, "Too big: expected at most 3 characters").regex(pattern("^[a-z😀]*$"), "Invalid string: must match ^[a-z😀]*$").optional(),
}).describe("A value for each keyword."))();

export const LengthsInput = /* @__PURE__ */ (() => z.object({
  text: z.string().min(1, "Too small: expected at least 1 character").refine((text) => [...text].length <= 5, "Too big: expected at most 5 characters"),
  pair: z.string().refine((text) => [...text].length >= 2, "Too small: expected at least 2 characters").refine((text) => [...text].length <= 2, "Too big: expected at most 2 characters"),
  list: z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")).min(1, "Too small: expected at least 1 item").max(3, "Too big: expected at most 3 items"),
  two: z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")]),
  map: z.record(z.string(), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")).refine((value) => Object.keys(value).length >= 1, "Too small: expected at least 1 member").refine((value) => Object.keys(value).length <= 2, "Too big: expected at most 2 members"),
  maybe: z.string().refine((text) => [...text].length <= 4, "Too big: expected at most 4 characters").nullable().optional(),
  short: z.array(z.string().refine((text) => [...text].length <= 2, "Too big: expected at most 2 characters")),
}))();

export const Lists: z.ZodType<Lists, Lists> = /* @__PURE__ */ (() => z.array(z.lazy(() => Lists)))();

export const LoadingOfStringAndUserArray = /* @__PURE__ */ (() => z.union([z.object({
  state: z.literal("Idle"),
}), z.object({
  state: z.literal("Loaded"),
  value: z.array(User),
}), z.object({
  state: z.literal("Failed"),
  value: z.string(),
})]))();

export const MapsPoint = /* @__PURE__ */ (() => z.object({
  x: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const MembersInput = /* @__PURE__ */ (() => z.object({
  by_name: z.record(z.string(), MapsPoint),
  by_id: z.record(z.string().regex(pattern("^\\d+$")), MapsPoint.nullable()),
  by_colour: z.strictObject({
    blue: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
    dark_red: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
    "x-green": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
  }).nullable().optional(),
}))();

export const NativeRanges = /* @__PURE__ */ (() => z.object({
  from: z.date().refine((date) => date.getTime() >= Date.parse("2024-01-01T00:00:00Z"), "Too small: expected a Date >= 2024-01-01T00:00:00Z").refine((date) => date.getTime() <= Date.parse("2025-01-01T00:00:00Z"), "Too big: expected a Date <= 2025-01-01T00:00:00Z"),
  seats: z.set(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")).refine((value) => value.size >= 1, "Too small: expected at least 1 item").refine((value) => value.size <= 3, "Too big: expected at most 3 items"),
  price: z.bigint().min(1n, "Too small: expected a number >= 1").max(1000n, "Too big: expected a number <= 1000"),
}))();

export const NativesInput = /* @__PURE__ */ (() => z.object({
  big: z.bigint(),
  when: z.date(),
  url: z.instanceof(URL).refine((text) => isUri(text.href), "Invalid string: must be of the format uri"),
  pattern: z.instanceof(RegExp),
  set: z.set(z.string()),
  map: z.map(z.string(), z.number()),
  maybe: z.date().nullable().optional(),
  none: z.undefined().optional(),
  float: z.union([z.number(), z.nan()]),
  any: z.unknown().refine((value) => value !== undefined, "Invalid input: required, received undefined"),
}))();

export const NestedInput = /* @__PURE__ */ (() => z.object({
  top: z.boolean(),
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  n: z.int().min(0, "Too small: expected a number >= 0").max(65535, "Too big: expected a number <= 65535"),
  maybe: z.string().nullable().optional(),
}))();

export const Newtype = /* @__PURE__ */ (() => z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"))();

export const NewtypeOfNewtype = /* @__PURE__ */ (() => Newtype)();

export const NonZeros = /* @__PURE__ */ (() => z.object({
  a: z.int().min(1, "Too small: expected a number >= 1").max(255, "Too big: expected a number <= 255"),
  b: all<number>(z.int().min(-128, "Too small: expected a number >= -128").max(127, "Too big: expected a number <= 127"), not(z.literal(0))),
  c: z.bigint().max(18446744073709551615n, "Too big: expected a number <= 18446744073709551615").min(1n, "Too small: expected a number >= 1"),
}))();

export const OfAdjacentInput = /* @__PURE__ */ (() => all<{
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
)>(z.looseObject({
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.union([z.object({
  t: z.literal("Unit"),
}), z.object({
  t: z.literal("Newtype"),
  c: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.object({
  t: z.literal("Tuple"),
  c: z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.string()]),
}), z.object({
  t: z.literal("Struct"),
  c: z.object({
    a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
    b: z.boolean().nullable().optional(),
  }),
}), z.object({
  t: z.literal("Nested"),
  c: EnumsPoint,
}), z.object({
  t: z.literal("Maybe"),
  c: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
})])))();

export const OfAnyInput = /* @__PURE__ */ (() => z.looseObject({
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  text: z.string().nullable().optional(),
}))();

export const OfEnumAndMap = /* @__PURE__ */ (() => all<{
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
)>(z.looseObject({
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.union([z.object({
  type: z.literal("user_joined"),
  userName: z.string(),
  joinedAt: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0"),
}), z.object({
  type: z.literal("user_left"),
  userName: z.string(),
})])))();

export const OfExternalInput = /* @__PURE__ */ (() => all<{
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
)>(z.looseObject({
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), one<
  | {
      First: {
        /** @format uint8 */
        a: number;
      };
    }
  | { Second: InnerInput }>(z.object({
  First: z.object({
    a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  }),
}), z.object({
  Second: InnerInput,
}))))();

export const OfMap = /* @__PURE__ */ (() => typed<{
  /** @format uint8 */
  id: number;
  [key: string]: boolean | number;
}>(z.object({
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}).catchall(z.boolean())))();

export const OfOption = /* @__PURE__ */ (() => z.object({
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  n: z.int().min(0, "Too small: expected a number >= 0").max(65535, "Too big: expected a number <= 65535").optional(),
  maybe: z.string().nullable().optional(),
}))();

export const OfOptionalEnum = /* @__PURE__ */ (() => all<{
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
)>(z.looseObject({
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), either<
  | {
      type: "user_joined";
      userName: string;
      /** @format uint32 */
      joinedAt: number;
    }
  | { type: "user_left"; userName: string }
  | {}>(z.union([z.object({
  type: z.literal("user_joined"),
  userName: z.string(),
  joinedAt: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0"),
}), z.object({
  type: z.literal("user_left"),
  userName: z.string(),
})]), z.unknown())))();

export const OfOptionalUntagged = /* @__PURE__ */ (() => all<{
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
)>(z.looseObject({
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), either<
  | { name: string }
  | {
      /** @format uint8 */
      number: number;
    }
  | EnumsPoint
  | {}>(z.object({
  name: z.string(),
}), z.object({
  number: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), EnumsPoint, z.unknown())))();

export const OfTwoInput = /* @__PURE__ */ (() => all<{
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
)>(z.looseObject({
  n: z.int().min(0, "Too small: expected a number >= 0").max(65535, "Too big: expected a number <= 65535"),
  maybe: z.string().nullable().optional(),
}), z.union([z.object({
  type: z.literal("user_joined"),
  userName: z.string(),
  joinedAt: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0"),
}), z.object({
  type: z.literal("user_left"),
  userName: z.string(),
})])))();

export const OfUndefined = /* @__PURE__ */ (() => z.object({
  maybe: z.undefined().optional(),
  list: z.array(z.undefined().optional()),
}))();

export const OfUntagged = /* @__PURE__ */ (() => all<{
  /** @format uint8 */
  id: number;
} & (
  | { name: string }
  | {
      /** @format uint8 */
      number: number;
    }
  | EnumsPoint
)>(z.looseObject({
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), either<
  | { name: string }
  | {
      /** @format uint8 */
      number: number;
    }
  | EnumsPoint>(z.object({
  name: z.string(),
}), z.object({
  number: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), EnumsPoint)))();

export const OnlyFlattenedInput = /* @__PURE__ */ (() => z.object({
  id: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  n: z.int().min(0, "Too small: expected a number >= 0").max(65535, "Too big: expected a number <= 65535"),
  maybe: z.string().nullable().optional(),
}))();

export const OnlyOne = /* @__PURE__ */ (() => z.literal("Only"))();

export const OthersInput = /* @__PURE__ */ (() => z.object({
  id: z.string().refine(isUuid, "Invalid string: must be of the format uuid"),
  link: z.string().refine(isUri, "Invalid string: must be of the format uri"),
  native_link: z.instanceof(URL).refine((text) => isUri(text.href), "Invalid string: must be of the format uri"),
  bytes: BytesInput,
  map: z.record(z.string(), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")),
  set: z.array(z.string()).refine(areUnique, "Invalid input: expected items that differ"),
  big: z.bigint(),
}))();

export const Side = /* @__PURE__ */ (() => z.enum(["left", "right"]))();

export const OwnType = /* @__PURE__ */ (() => z.object({
  side: typed<"left" | "right">(Side),
  list: typed<readonly (1 | 2)[]>(z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"))),
}))();

export const PageOfOptionalUserInput = /* @__PURE__ */ (() => z.object({
  items: z.array(User.nullable()),
  next: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0").nullable().optional(),
}))();

export const PageOfPageOfUserInput = /* @__PURE__ */ (() => z.object({
  items: z.array(PageOfUserInput),
  next: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0").nullable().optional(),
}))();

export const PageOfStringInput = /* @__PURE__ */ (() => z.object({
  items: z.array(z.string()),
  next: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0").nullable().optional(),
}))();

export const PageOfUint8AndUserTupleInput = /* @__PURE__ */ (() => z.object({
  items: z.array(z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), User])),
  next: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0").nullable().optional(),
}))();

export const PageOfUint8ArrayInput = /* @__PURE__ */ (() => z.object({
  items: z.array(z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"))),
  next: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0").nullable().optional(),
}))();

export const PageOfUint8Input = /* @__PURE__ */ (() => z.object({
  items: z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")),
  next: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0").nullable().optional(),
}))();

export const Pair = /* @__PURE__ */ (() => z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.string()]))();

export const PartlyUntagged = /* @__PURE__ */ (() => z.union([z.literal("Unit"), z.strictObject({
  Tagged: z.object({
    a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  }),
}), z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0"), z.object({
  text: z.string(),
})]))();

export const Patterns = /* @__PURE__ */ (() => z.object({
  sku: z.string().regex(pattern("^[A-Z]{3}-\\d{4}$"), "Invalid string: must match ^[A-Z]{3}-\\d{4}$"),
  digits: z.string().regex(pattern("^\\d+$"), "Invalid string: must match ^\\d+$"),
  comment: z.string().regex(pattern("^[a-z]*/?$"), "Invalid string: must match ^[a-z]*/?$"),
  email: z.string().refine(isEmail, "Invalid string: must be of the format email"),
  uri: z.string().refine(isUri, "Invalid string: must be of the format uri"),
}))();

export const Plain = /* @__PURE__ */ (() => z.object({
  flag: z.boolean(),
  text: z.string(),
  number: z.int().min(-2147483648, "Too small: expected a number >= -2147483648").max(2147483647, "Too big: expected a number <= 2147483647"),
  nested: Newtype,
  pair: Pair,
  list: z.array(z.string()),
}))();

export const Texts = /* @__PURE__ */ (() => z.object({
  owned: z.string(),
  boxed: z.string(),
  shared: z.string(),
  cow: z.string(),
  letter: z.string().min(1, "Too small: expected at least 1 character").refine((text) => [...text].length <= 1, "Too big: expected at most 1 character"),
  path: z.string(),
}))();

export const Pointers = /* @__PURE__ */ (() => z.object({
  boxed: Texts,
  shared: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  slice: z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")),
  shared_slice: z.array(z.string()),
  locked: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  phantom: z.null(),
}))();

export const ProtoInput = /* @__PURE__ */ (() => z.object({
  ["__proto__"]: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
  other: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const RangeOfInt32 = /* @__PURE__ */ (() => z.object({
  start: z.int().min(-2147483648, "Too small: expected a number >= -2147483648").max(2147483647, "Too big: expected a number <= 2147483647"),
  end: z.int().min(-2147483648, "Too small: expected a number >= -2147483648").max(2147483647, "Too big: expected a number <= 2147483647"),
}))();

export const RangeOfUint8 = /* @__PURE__ */ (() => z.object({
  start: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  end: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const RawInput = /* @__PURE__ */ (() => z.object({
  type: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  match: z.boolean(),
  async: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
}))();

export const Renamed = /* @__PURE__ */ (() => z.union([z.literal("FIRST_VARIANT"), z.strictObject({
  SECOND_VARIANT: z.object({
    "some-field": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
    "other-field": z.boolean(),
  }),
}), z.strictObject({
  "3rd": z.object({
    "own name": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  }),
}), z.strictObject({
  FOURTH: z.object({
    SomeField: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  }),
})]))();

export const RenamingInput = /* @__PURE__ */ (() => z.union([z.object({
  kind: z.literal("in"),
  value: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.object({
  kind: z.literal("Same"),
})]))();

export const RequiredInput = /* @__PURE__ */ (() => z.object({
  required: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  with: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
}))();

export const ResultOfUint8AndString = /* @__PURE__ */ (() => one<
  | {
      /** @format uint8 */
      Ok: number;
    }
  | { Err: string }>(z.object({
  Ok: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), z.object({
  Err: z.string(),
})))();

export const SelfishInput: z.ZodType<SelfishInput, SelfishInput> = /* @__PURE__ */ (() => z.object({
  name: z.string(),
  next: z.lazy(() => SelfishInput).nullable().optional(),
}))();

export const ShadowedInput = /* @__PURE__ */ (() => z.object({
  n: z.int().min(0, "Too small: expected a number >= 0").max(65535, "Too big: expected a number <= 65535"),
  maybe: z.string().nullable().optional(),
  extra: Extra.optional(),
}))();

export const Sizes = /* @__PURE__ */ (() => z.object({
  a: z.int().min(0, "Too small: expected a number >= 0"),
  b: z.int(),
}))();

export const SkippingIfInput = /* @__PURE__ */ (() => z.object({
  list: z.array(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")).optional(),
  text: z.string(),
  maybe: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
}))();

export const Slug = /* @__PURE__ */ (() => z.string().min(1, "Too small: expected at least 1 character").refine((text) => [...text].length <= 8, "Too big: expected at most 8 characters").regex(pattern("^[a-z]+$"), "Invalid string: must match ^[a-z]+$").describe("A short text that has a name."))();

export const Stub = /* @__PURE__ */ (() => z.string().refine((text) => [...text].length >= 2, "Too small: expected at least 2 characters"))();

export const SlugsInput = /* @__PURE__ */ (() => z.object({
  slug: Slug,
  list: z.array(Slug),
  maybe: Slug.nullable().optional(),
  set: z.array(Stub).refine(areUnique, "Invalid input: expected items that differ"),
}))();

export const Small = /* @__PURE__ */ (() => z.object({
  a: z.int().min(-128, "Too small: expected a number >= -128").max(127, "Too big: expected a number <= 127"),
  b: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  c: z.int().min(-32768, "Too small: expected a number >= -32768").max(32767, "Too big: expected a number <= 32767"),
  d: z.int().min(0, "Too small: expected a number >= 0").max(65535, "Too big: expected a number <= 65535"),
  e: z.int().min(-2147483648, "Too small: expected a number >= -2147483648").max(2147483647, "Too big: expected a number <= 2147483647"),
  f: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0"),
}))();

export const StrictEmpty = /* @__PURE__ */ (() => z.strictObject({}))();

export const StrictInput = /* @__PURE__ */ (() => z.strictObject({
  a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  b: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
}))();

export const StructsAliased = /* @__PURE__ */ (() => z.object({
  name: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const StructsSkippingInput = /* @__PURE__ */ (() => z.object({
  both: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  only_in: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}))();

export const SystemTime = /* @__PURE__ */ (() => z.object({
  secs_since_epoch: z.bigint().max(18446744073709551615n, "Too big: expected a number <= 18446744073709551615").min(0n, "Too small: expected a number >= 0"),
  nanos_since_epoch: z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0"),
}))();

export const Tagged = /* @__PURE__ */ (() => z.union([z.object({
  kind: z.literal("Date"),
  date: z.date(),
}), z.object({
  kind: z.literal("Big"),
  big: z.bigint().max(18446744073709551615n, "Too big: expected a number <= 18446744073709551615").min(0n, "Too small: expected a number >= 0"),
}), z.object({
  kind: z.literal("Set"),
  set: z.set(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")),
})]))();

export const Text = /* @__PURE__ */ (() => z.string().describe("A name for text."))();

export const Time = /* @__PURE__ */ (() => z.object({
  at: z.date(),
}))();

export const Tree: z.ZodType<Tree, Tree> = /* @__PURE__ */ (() => z.object({
  name: z.string(),
  children: z.array(z.lazy(() => Tree)),
}))();

export const Triple = /* @__PURE__ */ (() => z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.string().nullable(), Newtype]))();

export const Unit = /* @__PURE__ */ (() => z.null())();

export const Units = /* @__PURE__ */ (() => z.enum(["One", "Two", "Three"]))();

export const UntaggedInput = /* @__PURE__ */ (() => z.union([z.null(), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.string()]), z.object({
  a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
  b: z.boolean().nullable().optional(),
}), z.string()]))();

export const UntaggedStructs = /* @__PURE__ */ (() => either<
  | { name: string }
  | {
      /** @format uint8 */
      number: number;
    }
  | EnumsPoint>(z.object({
  name: z.string(),
}), z.object({
  number: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"),
}), EnumsPoint))();

export const WideInput = /* @__PURE__ */ (() => z.object({
  a: z.bigint().min(-9223372036854775808n, "Too small: expected a number >= -9223372036854775808").max(9223372036854775807n, "Too big: expected a number <= 9223372036854775807"),
  b: z.bigint().max(18446744073709551615n, "Too big: expected a number <= 18446744073709551615").min(0n, "Too small: expected a number >= 0"),
  c: z.bigint().min(-170141183460469231731687303715884105728n, "Too small: expected a number >= -170141183460469231731687303715884105728").max(170141183460469231731687303715884105727n, "Too big: expected a number <= 170141183460469231731687303715884105727"),
  d: z.bigint().max(340282366920938463463374607431768211455n, "Too big: expected a number <= 340282366920938463463374607431768211455").min(0n, "Too small: expected a number >= 0"),
  list: z.array(z.bigint().max(18446744073709551615n, "Too big: expected a number <= 18446744073709551615").min(0n, "Too small: expected a number >= 0")),
  maybe: z.bigint().min(-9223372036854775808n, "Too small: expected a number >= -9223372036854775808").max(9223372036854775807n, "Too big: expected a number <= 9223372036854775807").nullable().optional(),
  map: z.record(z.string(), z.bigint().max(18446744073709551615n, "Too big: expected a number <= 18446744073709551615").min(0n, "Too small: expected a number >= 0")),
  pair: z.tuple([z.bigint().max(18446744073709551615n, "Too big: expected a number <= 18446744073709551615").min(0n, "Too small: expected a number >= 0"), z.int().max(4294967295, "Too big: expected a number <= 4294967295").min(0, "Too small: expected a number >= 0")]),
}))();

export const WithDefaultsInput = /* @__PURE__ */ (() => z.union([z.object({
  kind: z.literal("First"),
  a: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
  b: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional(),
}), z.object({
  kind: z.literal("Second"),
  c: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
})]))();

export const WithInput = /* @__PURE__ */ (() => z.object({
  number: z.string().regex(pattern("^[0-9a-f]{1,8}$"), "Invalid string: must match ^[0-9a-f]{1,8}$"),
  text: z.string().nullable().optional(),
}))();

export const WrapperOfBothOfBooleanAndWrapperOfUint8 = /* @__PURE__ */ (() => BothOfBooleanAndWrapperOfUint8)();

/** The input of `enums.echo.listOfEnums`. */
export const enumsEchoListOfEnumsInput = /* @__PURE__ */ (() => z.array(ExternalInput))();

/** The input of `enums.echo.optionalEnum`. */
export const enumsEchoOptionalEnumInput = /* @__PURE__ */ (() => InternalInput.nullable().optional())();

/** The input of `maps.echo.text`. */
export const mapsEchoTextInput = /* @__PURE__ */ (() => z.record(z.string(), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")))();

/** The input of `maps.echo.hashed`. */
export const mapsEchoHashedInput = /* @__PURE__ */ (() => z.record(z.string(), z.array(z.boolean())))();

/** The input of `maps.echo.indexed`. */
export const mapsEchoIndexedInput = /* @__PURE__ */ (() => z.record(z.string(), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable()))();

/** The input of `maps.echo.unsigned`. */
export const mapsEchoUnsignedInput = /* @__PURE__ */ (() => z.record(z.string().regex(pattern("^\\d+$")), z.boolean()))();

/** The input of `maps.echo.signed`. */
export const mapsEchoSignedInput = /* @__PURE__ */ (() => z.record(z.string().regex(pattern("^-?\\d+$")), z.boolean()))();

/** The input of `maps.echo.wide`. */
export const mapsEchoWideInput = /* @__PURE__ */ (() => z.record(z.string().regex(pattern("^\\d+$")), z.bigint().max(18446744073709551615n, "Too big: expected a number <= 18446744073709551615").min(0n, "Too small: expected a number >= 0")))();

/** The input of `maps.echo.letters`. */
export const mapsEchoLettersInput = /* @__PURE__ */ (() => z.record(z.string(), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")))();

/** The input of `maps.echo.flags`. */
export const mapsEchoFlagsInput = /* @__PURE__ */ (() => z.record(z.string(), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")))();

/** The input of `maps.echo.colours`. */
export const mapsEchoColoursInput = /* @__PURE__ */ (() => z.strictObject({
  blue: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
  dark_red: z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
  "x-green": z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").optional(),
}))();

/** The input of `maps.echo.documented`. */
export const mapsEchoDocumentedInput = /* @__PURE__ */ (() => z.record(z.string(), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")))();

/** The input of `maps.echo.names`. */
export const mapsEchoNamesInput = /* @__PURE__ */ (() => z.record(z.string(), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")))();

/** The input of `maps.echo.skus`. */
export const mapsEchoSkusInput = /* @__PURE__ */ (() => z.record(z.string().regex(pattern("^[A-Z]{2}-[0-9]{3}$")), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")))();

/** The input of `maps.echo.ids`. */
export const mapsEchoIdsInput = /* @__PURE__ */ (() => z.record(z.string().regex(pattern("^\\d+$")), MapsPoint))();

/** The input of `maps.echo.nested`. */
export const mapsEchoNestedInput = /* @__PURE__ */ (() => z.record(z.string(), z.record(z.string().regex(pattern("^\\d+$")), z.array(MapsPoint))))();

/** The input of `maps.echo.anything`. */
export const mapsEchoAnythingInput = /* @__PURE__ */ (() => z.unknown().optional())();

/** The input of `maps.echo.object`. */
export const mapsEchoObjectInput = /* @__PURE__ */ (() => z.record(z.string(), z.unknown()))();

/** The input of `native.echo.big`. */
export const nativeEchoBigInput = /* @__PURE__ */ (() => z.bigint())();

/** The input of `native.echo.date`. */
export const nativeEchoDateInput = /* @__PURE__ */ (() => z.date())();

/** The input of `native.echo.pattern`. */
export const nativeEchoPatternInput = /* @__PURE__ */ (() => z.instanceof(RegExp))();

/** The input of `native.echo.url`. */
export const nativeEchoUrlInput = /* @__PURE__ */ (() => z.instanceof(URL).refine((text) => isUri(text.href), "Invalid string: must be of the format uri"))();

/** The input of `native.echo.set`. */
export const nativeEchoSetInput = /* @__PURE__ */ (() => z.set(z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")))();

/** The input of `native.echo.map`. */
export const nativeEchoMapInput = /* @__PURE__ */ (() => z.map(z.string(), z.date()))();

/** The input of `native.echo.mapOfDates`. */
export const nativeEchoMapOfDatesInput = /* @__PURE__ */ (() => z.map(z.date(), z.map(z.bigint().max(18446744073709551615n, "Too big: expected a number <= 18446744073709551615").min(0n, "Too small: expected a number >= 0"), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable())))();

/** The input of `native.echo.undefined`. */
export const nativeEchoUndefinedInput = /* @__PURE__ */ (() => z.undefined().optional())();

/** The input of `native.echo.float`. */
export const nativeEchoFloatInput = /* @__PURE__ */ (() => z.union([z.number(), z.nan()]))();

/** The input of `native.echo.number`. */
export const nativeEchoNumberInput = /* @__PURE__ */ (() => z.int().min(0, "Too small: expected a number >= 0").max(9007199254740991, "Too big: expected a number <= 9007199254740991"))();

/** The input of `native.echo.signedNumber`. */
export const nativeEchoSignedNumberInput = /* @__PURE__ */ (() => z.int().min(-9007199254740991, "Too small: expected a number >= -9007199254740991").max(9007199254740991, "Too big: expected a number <= 9007199254740991"))();

/** The input of `native.echo.any`. */
export const nativeEchoAnyInput = /* @__PURE__ */ (() => z.unknown().optional())();

/** The input of `native.echo.dates`. */
export const nativeEchoDatesInput = /* @__PURE__ */ (() => z.array(z.date()))();

/** The input of `native.echo.file`. */
export const nativeEchoFileInput = /* @__PURE__ */ (() => z.instanceof(File))();

/** The input of `numbers.echo.int8`. */
export const numbersEchoInt8Input = /* @__PURE__ */ (() => z.int().min(-128, "Too small: expected a number >= -128").max(127, "Too big: expected a number <= 127"))();

/** The input of `numbers.echo.uint16`. */
export const numbersEchoUint16Input = /* @__PURE__ */ (() => z.int().min(0, "Too small: expected a number >= 0").max(65535, "Too big: expected a number <= 65535"))();

/** The input of `numbers.echo.int32`. */
export const numbersEchoInt32Input = /* @__PURE__ */ (() => z.int().min(-2147483648, "Too small: expected a number >= -2147483648").max(2147483647, "Too big: expected a number <= 2147483647"))();

/** The input of `numbers.echo.uint64`. */
export const numbersEchoUint64Input = /* @__PURE__ */ (() => z.bigint().max(18446744073709551615n, "Too big: expected a number <= 18446744073709551615").min(0n, "Too small: expected a number >= 0"))();

/** The input of `numbers.echo.int64`. */
export const numbersEchoInt64Input = /* @__PURE__ */ (() => z.bigint().min(-9223372036854775808n, "Too small: expected a number >= -9223372036854775808").max(9223372036854775807n, "Too big: expected a number <= 9223372036854775807"))();

/** The input of `numbers.echo.uint128`. */
export const numbersEchoUint128Input = /* @__PURE__ */ (() => z.bigint().max(340282366920938463463374607431768211455n, "Too big: expected a number <= 340282366920938463463374607431768211455").min(0n, "Too small: expected a number >= 0"))();

/** The input of `numbers.echo.int128`. */
export const numbersEchoInt128Input = /* @__PURE__ */ (() => z.bigint().min(-170141183460469231731687303715884105728n, "Too small: expected a number >= -170141183460469231731687303715884105728").max(170141183460469231731687303715884105727n, "Too big: expected a number <= 170141183460469231731687303715884105727"))();

/** The input of `numbers.echo.size`. */
export const numbersEchoSizeInput = /* @__PURE__ */ (() => z.int().min(0, "Too small: expected a number >= 0"))();

/** The input of `numbers.echo.signedSize`. */
export const numbersEchoSignedSizeInput = /* @__PURE__ */ (() => z.int())();

/** The input of `numbers.echo.float`. */
export const numbersEchoFloatInput = /* @__PURE__ */ (() => z.number())();

/** The input of `numbers.echo.double`. */
export const numbersEchoDoubleInput = /* @__PURE__ */ (() => z.number())();

/** The input of `numbers.echo.wrapping`. */
export const numbersEchoWrappingInput = /* @__PURE__ */ (() => z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"))();

/** The input of `numbers.echo.list`. */
export const numbersEchoListInput = /* @__PURE__ */ (() => z.array(z.bigint().min(-9223372036854775808n, "Too small: expected a number >= -9223372036854775808").max(9223372036854775807n, "Too big: expected a number <= 9223372036854775807")))();

/** The input of `options.echo.number`. */
export const optionsEchoNumberInput = /* @__PURE__ */ (() => z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable().optional())();

/** The input of `options.echo.twice`. */
export const optionsEchoTwiceInput = /* @__PURE__ */ (() => z.string().nullable().optional())();

/** The input of `options.echo.unit`. */
export const optionsEchoUnitInput = /* @__PURE__ */ (() => z.null().optional())();

/** The input of `options.echo.list`. */
export const optionsEchoListInput = /* @__PURE__ */ (() => z.array(z.boolean().nullable()))();

/** The input of `options.echo.tuple`. */
export const optionsEchoTupleInput = /* @__PURE__ */ (() => z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255").nullable(), z.string().nullable()]))();

/** The input of `standard.echo.flag`. */
export const standardEchoFlagInput = /* @__PURE__ */ (() => z.boolean())();

/** The input of `standard.echo.text`. */
export const standardEchoTextInput = /* @__PURE__ */ (() => z.string())();

/** The input of `standard.echo.results`. */
export const standardEchoResultsInput = /* @__PURE__ */ (() => z.array(ResultOfUint8AndString))();

/** The input of `standard.echo.nested`. */
export const standardEchoNestedInput = /* @__PURE__ */ (() => z.array(z.array(z.array(z.boolean()).nullable())))();

/** The input of `standard.echo.array`. */
export const standardEchoArrayInput = /* @__PURE__ */ (() => z.tuple([z.string(), z.string()]))();

/** The input of `structs.echo.transparent`. */
export const structsEchoTransparentInput = /* @__PURE__ */ (() => z.string())();

/** The input of `structs.echo.tuple`. */
export const structsEchoTupleInput = /* @__PURE__ */ (() => z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.boolean(), z.string().nullable()]))();

/** The input of `structs.echo.oneTuple`. */
export const structsEchoOneTupleInput = /* @__PURE__ */ (() => z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")]))();

/** The input of `structs.echo.nestedTuple`. */
export const structsEchoNestedTupleInput = /* @__PURE__ */ (() => z.tuple([z.tuple([z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255"), z.int().min(0, "Too small: expected a number >= 0").max(255, "Too big: expected a number <= 255")]), z.tuple([z.tuple([z.boolean(), z.string()]), z.tuple([z.boolean(), z.string()])])]))();

// The inputs whose types have a name.
export { LengthsInput as constraintsEchoLengthsInput };
export { ConstraintsRanges as constraintsEchoRangesInput };
export { Patterns as constraintsEchoPatternsInput };
export { ConstantsInput as constraintsEchoConstantsInput };
export { Slug as constraintsEchoSlugInput };
export { SlugsInput as constraintsEchoSlugsInput };
export { Documented as docsEchoDocumentedInput };
export { DeprecatedInput as docsEchoDeprecatedInput };
export { Choice as docsEchoChoiceInput };
export { Text as docsEchoTextInput };
export { Units as enumsEchoUnitsInput };
export { OnlyOne as enumsEchoOnlyOneInput };
export { ExternalInput as enumsEchoExternalInput };
export { ExternalStrict as enumsEchoExternalStrictInput };
export { InternalInput as enumsEchoInternalInput };
export { InternalStrict as enumsEchoInternalStrictInput };
export { InternalOfMap as enumsEchoInternalOfMapInput };
export { InternalOfInternalInput as enumsEchoInternalOfInternalInput };
export { AdjacentInput as enumsEchoAdjacentInput };
export { AdjacentStrict as enumsEchoAdjacentStrictInput };
export { UntaggedInput as enumsEchoUntaggedInput };
export { UntaggedStructs as enumsEchoUntaggedStructsInput };
export { PartlyUntagged as enumsEchoPartlyUntaggedInput };
export { Renamed as enumsEchoRenamedInput };
export { Event as enumsEchoEventInput };
export { EnumsAliased as enumsEchoAliasedInput };
export { EnumsSkippingInput as enumsEchoSkippingInput };
export { WithDefaultsInput as enumsEchoWithDefaultsInput };
export { RenamingInput as enumsEchoRenamingInput };
export { OfStructInput as flattenEchoOfStructInput };
export { OfMap as flattenEchoOfMapInput };
export { OfAnyInput as flattenEchoOfAnyInput };
export { OfExternalInput as flattenEchoOfExternalInput };
export { OfInternalInput as flattenEchoOfInternalInput };
export { OfAdjacentInput as flattenEchoOfAdjacentInput };
export { OfUntagged as flattenEchoOfUntaggedInput };
export { OfOption as flattenEchoOfOptionInput };
export { OfOptionalEnum as flattenEchoOfOptionalEnumInput };
export { OfTwoInput as flattenEchoOfTwoInput };
export { OfEnumAndMap as flattenEchoOfEnumAndMapInput };
export { OfOptionalUntagged as flattenEchoOfOptionalUntaggedInput };
export { NestedInput as flattenEchoNestedInput };
export { OnlyFlattenedInput as flattenEchoOnlyFlattenedInput };
export { InListInput as flattenEchoInListInput };
export { ShadowedInput as flattenEchoShadowedInput };
export { ExternalInput as flattenEchoExternalInput };
export { Chrono as foreignEchoOfChronoInput };
export { Jiff as foreignEchoOfJiffInput };
export { Time as foreignEchoOfTimeInput };
export { OthersInput as foreignEchoOthersInput };
export { BytesInput as foreignEchoBytesInput };
export { PageOfUserInput as genericsEchoUsersInput };
export { PageOfUint8Input as genericsEchoNumbersInput };
export { PageOfStringInput as genericsEchoTextsInput };
export { PageOfOptionalUserInput as genericsEchoOptionalInput };
export { PageOfPageOfUserInput as genericsEchoPagesInput };
export { PageOfUint8ArrayInput as genericsEchoListsInput };
export { PageOfUint8AndUserTupleInput as genericsEchoTuplesInput };
export { BothOfUint8AndString as genericsEchoBothInput };
export { BothOfStringAndUint8 as genericsEchoReversedInput };
export { BothOfPageOfUserAndMapOfUserInput as genericsEchoMixedInput };
export { GridOf3 as genericsEchoGridInput };
export { WrapperOfBothOfBooleanAndWrapperOfUint8 as genericsEchoWrappedInput };
export { LoadingOfStringAndUserArray as genericsEchoLoadingInput };
export { DefaultedOfUint8Input as genericsEchoDefaultedInput };
export { HolderInput as genericsEchoHolderInput };
export { Formats as keywordsCheckFormatsInput };
export { Keywords as keywordsCheckKeywordsInput };
export { MembersInput as mapsEchoMembersInput };
export { BillingItem as namesEchoBillingItemInput };
export { ArchiveItem as namesEchoArchivedItemInput };
export { ShopItemInput as namesEchoShopItemInput };
export { ItemsInput as namesEchoItemsInput };
export { Globals as namesEchoGlobalsInput };
export { RawInput as namesEchoRawInput };
export { Enum as namesEchoRawEnumInput };
export { Hostile as namesEchoHostileInput };
export { ProtoInput as namesEchoProtoInput };
export { HostileVariants as namesEchoHostileVariantsInput };
export { HostileTag as namesEchoHostileTagInput };
export { ClashesInput as namesEchoClashesInput };
export { Gr__e as namesEchoGrEInput };
export { NativesInput as nativeEchoNativesInput };
export { AttachedInput as nativeEchoAttachedInput };
export { Fields as nativeEchoFieldsInput };
export { NativeRanges as nativeEchoRangesInput };
export { Tagged as nativeEchoTaggedInput };
export { Either as nativeEchoEitherInput };
export { Small as numbersEchoSmallInput };
export { WideInput as numbersEchoWideInput };
export { Sizes as numbersEchoSizesInput };
export { Floats as numbersEchoFloatsInput };
export { NonZeros as numbersEchoNonZerosInput };
export { FormsInput as optionsEchoFormsInput };
export { RequiredInput as optionsEchoRequiredInput };
export { SelfishInput as optionsEchoSelfishInput };
export { OfUndefined as optionsEchoOfUndefinedInput };
export { Tree as recursionEchoTreeInput };
export { ExpressionInput as recursionEchoExpressionInput };
export { Folder as recursionEchoFolderInput };
export { ByName as recursionEchoByNameInput };
export { Lists as recursionEchoListsInput };
export { Json as recursionEchoJsonInput };
export { CommentOfUint8 as recursionEchoCommentInput };
export { EvenInput as recursionEchoEvenInput };
export { Texts as standardEchoTextsInput };
export { Pointers as standardEchoPointersInput };
export { Collections as standardEchoCollectionsInput };
export { Arrays as standardEchoArraysInput };
export { Duration as standardEchoDurationInput };
export { SystemTime as standardEchoSystemTimeInput };
export { RangeOfUint8 as standardEchoRangeInput };
export { RangeOfInt32 as standardEchoInclusiveRangeInput };
export { BoundOfUint8 as standardEchoBoundInput };
export { Addresses as standardEchoAddressesInput };
export { Unit as structsEchoUnitInput };
export { Empty as structsEchoEmptyInput };
export { EmptyTuple as structsEchoEmptyTupleInput };
export { Newtype as structsEchoNewtypeInput };
export { NewtypeOfNewtype as structsEchoNewtypeOfNewtypeInput };
export { Pair as structsEchoPairInput };
export { Triple as structsEchoTripleInput };
export { Plain as structsEchoPlainInput };
export { Camel as structsEchoCamelInput };
export { StrictInput as structsEchoStrictInput };
export { StrictEmpty as structsEchoStrictEmptyInput };
export { FieldDefaultsInput as structsEchoFieldDefaultsInput };
export { ContainerDefaultInput as structsEchoContainerDefaultInput };
export { StructsSkippingInput as structsEchoSkippingInput };
export { SkippingIfInput as structsEchoSkippingIfInput };
export { DirectedInput as structsEchoDirectedInput };
export { StructsAliased as structsEchoAliasedInput };
export { CelsiusInput as structsEchoCelsiusInput };
export { ConvertedInput as structsEchoConvertedInput };
export { WithInput as structsEchoWithInput };
export { OwnType as structsEchoOwnTypeInput };

/** Gives a schema another type. */
function typed<T>(schema: z.ZodType): z.ZodType<T, T> {
  return schema as unknown as z.ZodType<T, T>;
}

/** A value of all schemas, as it is. */
function all<T>(...schemas: z.ZodType[]): z.ZodType<T, T> {
  return typed(
    z.custom().superRefine((value, context) => {
      for (const schema of schemas) {
        for (const { path, message } of schema.safeParse(value).error?.issues ?? []) {
          context.addIssue({ code: "custom", path, message });
        }
      }
    }),
  );
}

/** A value of any of several schemas, as it is: `z.union` would leave out what only a later one knows. */
function either<T>(...schemas: z.ZodType[]): z.ZodType<T, T> {
  return z.custom<T>(
    (value) => schemas.some((schema) => schema.safeParse(value).success),
    "Invalid input: matches none of the allowed shapes",
  );
}

/** A value of exactly one of several schemas, as it is. */
function one<T>(...schemas: z.ZodType[]): z.ZodType<T, T> {
  return z.custom<T>(
    (value) => schemas.filter((schema) => schema.safeParse(value).success).length === 1,
    "Invalid input: matches none or several of the allowed shapes",
  );
}

/** A value that a schema refuses. */
function not(schema: z.ZodType): z.ZodType {
  return z.custom((value) => !schema.safeParse(value).success, "Invalid input: refused by `not`");
}

/** A value of one schema if it is of another, otherwise of a third. */
function when(condition: z.ZodType, then: z.ZodType, otherwise: z.ZodType): z.ZodType {
  return z.custom(
    (value) => (condition.safeParse(value).success ? then : otherwise).safeParse(value).success,
    "Invalid input: refused by `if`",
  );
}

/** A value of a schema if it is of a type, or any other value. */
function where(type: string, schema: z.ZodType): z.ZodType {
  const typeOf = (value: unknown) =>
    Array.isArray(value) ? "array" : value === null ? "null" : typeof value === "bigint" ? "number" : typeof value;
  return z.custom().superRefine((value, context) => {
    if (typeOf(value) !== type) return;
    for (const { path, message } of schema.safeParse(value).error?.issues ?? []) {
      context.addIssue({ code: "custom", path, message });
    }
  });
}

/** A text that is the same for equal values alone. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join()}]`;
  if (value instanceof Date) return `Date ${value.getTime()}`;
  if (value instanceof Set || value instanceof Map) return `${value.constructor.name} ${shown([...value])}`;
  if (typeof value === "string" || typeof value !== "object" || value === null) {
    return typeof value === "string" ? JSON.stringify(value) : `${typeof value} ${String(value === 0 ? 0 : value)}`;
  }
  if (value instanceof URL || value instanceof RegExp) return String(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${shown(member)}`).sort().join()}}`;
}

/** A value that is equal to one of some values. */
function equal<T>(constants: unknown[]): z.ZodType<T, T> {
  return z.custom<T>(
    (value) => constants.some((constant) => shown(constant) === shown(value)),
    `Invalid input: expected one of ${constants.map((constant) => JSON.stringify(constant)).join(", ")}`,
  );
}

function areUnique(items: unknown[]): boolean {
  return new Set(items.map(shown)).size === items.length;
}

function contains(schema: z.ZodType, least: number, most: number): (items: unknown[]) => boolean {
  return (items) => {
    const count = items.filter((item) => schema.safeParse(item).success).length;
    return least <= count && count <= most;
  };
}

function together(dependent: Record<string, string[]>): (value: object) => boolean {
  return (value) =>
    Object.entries(dependent).every(
      ([name, others]) => !Object.hasOwn(value, name) || others.every((other) => Object.hasOwn(value, other)),
    );
}

/** A pattern by the rules of Unicode; by the older ones if it uses what those refuse. */
function pattern(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch {
    return new RegExp(source);
  }
}

/** Checks the members of an object that have no schema of their own. */
function members(own: string[], patterns: [RegExp, z.ZodType][], others: z.ZodType, names: z.ZodType) {
  return (value: object, context: z.RefinementCtx) => {
    const add = (name: string, schema: z.ZodType, member: unknown) => {
      for (const { path, message } of schema.safeParse(member).error?.issues ?? []) {
        context.addIssue({ code: "custom", path: [name, ...path], message });
      }
    };
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      add(name, names, name);
      const matching = patterns.filter(([pattern]) => pattern.test(name));
      for (const [, schema] of matching) add(name, schema, member);
      if (matching.length === 0 && !own.includes(name)) add(name, others, member);
    }
  };
}

type KnownMembers = (string | RegExp | [z.ZodType, KnownMembers])[];

/** An object whose members are known, where a schema accepts it that knows them; a schema has the others. */
function others(known: KnownMembers, rest: z.ZodType): z.ZodType {
  const isKnown = (value: object, name: string, known: KnownMembers): boolean =>
    known.some((one) => {
      if (typeof one === "string") return one === name;
      if (one instanceof RegExp) return one.test(name);
      return isKnown(value, name, one[1]) && one[0].safeParse(value).success;
    });
  return z.custom().superRefine((value, context) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return;
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined || isKnown(value, name, known)) continue;
      for (const { path, message } of rest.safeParse(member).error?.issues ?? []) {
        context.addIssue({ code: "custom", path: [name, ...path], message });
      }
    }
  });
}

function isDate(text: string): boolean {
  const [, year = 0, month = 0, day = 0] = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text)?.map(Number) ?? [];
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day >= 1 && day <= days;
}

function isTime(text: string): boolean {
  const parts = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[zZ]|([+-])([0-9]{2}):([0-9]{2}))$/.exec(text);
  if (!parts) return false;
  const [hour = 0, minute = 0, second = 0] = parts.slice(1, 4).map(Number);
  const [hours = 0, minutes = 0] = parts.slice(5).map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 60 || hours > 23 || minutes > 59) return false;
  const ahead = (hours * 60 + minutes) * (parts[4] === "-" ? -1 : 1);
  // A leap second is at the end of a day of UTC.
  return second < 60 || (hour * 60 + minute - ahead + 2880) % 1440 === 1439;
}

function isDateTime(text: string): boolean {
  const at = text.search(/[tT]/);
  return at >= 0 && isDate(text.slice(0, at)) && isTime(text.slice(at + 1));
}

function isDuration(text: string): boolean {
  return /^[+-]?[Pp][0-9YMWDTHSymwdths.,]+$/.test(text);
}

function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/.test(text);
}

function isIpv6(text: string): boolean {
  return /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]`);
}

function isIp(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

function isHostname(text: string): boolean {
  const isLabel = (label: string) =>
    /^(?!-)[a-zA-Z0-9-]{1,63}(?<!-)$/.test(label) &&
    (label.slice(2, 4) !== "--" || (/^xn--/i.test(label) && URL.canParse(`http://${label}`)));
  return text.length <= 253 && text.split(".").every(isLabel);
}

/** An address without a quoted part before the `@`, which the server takes as well. */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf("@");
  const [local, domain] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  const [, literal] = /^\[(.*)\]$/.exec(domain) ?? [];
  const isDomain =
    literal === undefined
      ? isHostname(domain)
      : /^IPv6:/i.test(literal)
        ? isIpv6(literal.slice(5))
        : isIpv4(literal);
  return local.length <= 64 && /^(?:[a-zA-Z0-9!#$%&'*+\/=?^_`{|}~-]+(?:\.(?!$)|$))+$/.test(local) && isDomain;
}

/** A reference of RFC 3986, in ASCII. */
function isUriReference(text: string): boolean {
  const char = "(?:[a-zA-Z0-9._~!$&'()*+,;=:@-]|%[0-9a-fA-F]{2})";
  const name = "(?:[a-zA-Z0-9._~!$&'()*+,;=-]|%[0-9a-fA-F]{2})*";
  const user = "(?:(?:[a-zA-Z0-9._~!$&'()*+,;=:-]|%[0-9a-fA-F]{2})*@)?";
  const authority = `//${user}(?:\\[([0-9a-fA-F:.]+)\\]|\\[v[0-9a-fA-F]+\\.[a-zA-Z0-9._~!$&'()*+,;=:-]+\\]|${name})(?::[0-9]*)?`;
  const path = `(?:${authority}(?:/${char}*)*|/?${char}+(?:/${char}*)*|/)?`;
  const rest = `(?:\\?(?:${char}|[/?])*)?(?:#(?:${char}|[/?])*)?`;
  const parts = new RegExp(`^([a-zA-Z][a-zA-Z0-9+.-]*:)?${path}${rest}$`).exec(text);
  if (!parts || (parts[2] !== undefined && !isIpv6(parts[2]))) return false;
  // The first part of a path without a scheme has no colon.
  return parts[1] !== undefined || !/^[^/?#]*:/.test(text);
}

/** A URI of RFC 3986, in ASCII. */
function isUri(text: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && isUriReference(text);
}

function isUriTemplate(text: string): boolean {
  const part = '(?:[a-zA-Z0-9_]|%[0-9a-fA-F]{2})+';
  const variable = `${part}(?:\\.${part})*(?::[1-9][0-9]{0,3}|\\*)?`;
  const literal = '[^\\u0000-\\u0020\x22<>\\\\^`|{}%\\u007f]|%[0-9a-fA-F]{2}';
  return new RegExp(`^(?:${literal}|\\{[+#./;?&=,!@|]?${variable}(?:,${variable})*\\})*$`, 'u').test(text);
}

function isJsonPointer(text: string): boolean {
  return /^(?:\/(?:[^~]|~[01])*)?$/u.test(text);
}

function isRelativeJsonPointer(text: string): boolean {
  const [, rest] = /^(?:0|[1-9][0-9]*)(#?.*)$/su.exec(text) ?? [];
  return rest !== undefined && (rest === '#' || isJsonPointer(rest));
}

function isRegex(text: string): boolean {
  try {
    return new RegExp(text, "u") !== undefined;
  } catch {
    return false;
  }
}

function isUuid(text: string): boolean {
  return /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/.test(text);
}
