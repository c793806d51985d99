// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

export type Address = {
  /**
   * @minLength 1
   * @maxLength 200
   */
  street: string;
  /**
   * @minLength 1
   * @maxLength 100
   */
  city: string;
  /**
   * @minLength 1
   * @maxLength 16
   */
  zip: string;
  /**
   * @minLength 2
   * @maxLength 2
   */
  country: string;
};

/** Time until the alarm of a room. */
export type Alarm = {
  /**
   * @minLength 1
   * @maxLength 64
   */
  room: string;
  /**
   * @format uint32
   * @maximum 3600000
   */
  inMs: number;
};

/** Area of a shape. */
export type Area = { area: number };

/** The caller. */
export type Caller = { name: string };

/** The error to fail with. */
export type Common = {
  code: string;
  /** @default "" */
  message?: string | undefined;
};

/** One step of a count. */
export type Count = {
  /**
   * @minimum 0
   * @multipleOf 1
   */
  n: number;
};

/** Last number to count. */
export type CountTo = {
  /**
   * @format uint32
   * @maximum 1000000
   */
  to: number;
};

export type Customer = {
  /**
   * @minimum 0
   * @multipleOf 1
   */
  id: number;
  /**
   * @minLength 1
   * @maxLength 100
   */
  name: string;
  /**
   * @minLength 3
   * @maxLength 200
   */
  email: string;
  address: Address;
};

/** Description of a received file. */
export type Described = {
  name: string;
  type: string;
  /**
   * @minimum 0
   * @multipleOf 1
   */
  size: number;
  sha256: string;
};

/** Description of a received upload. */
export type DescribedUpload = { title: string; file: Described; more: Described[] };

/** The input of `echo`, and its output. */
export type Echo = {
  /**
   * @minLength 1
   * @maxLength 64
   */
  room: string;
  /**
   * @minLength 1
   * @maxLength 2000
   */
  text: string;
  /** @maxItems 8 */
  tags: string[];
};

/** A text to return. */
export type EchoText = { text: string };

/** An entry. */
export type Entry = { key: string; value: unknown };

/** After how many events to fail. */
export type FailAfter = {
  /**
   * @format uint32
   * @maximum 1000
   */
  after: number;
};

/** A value, or none. */
export type Found =
  /** The value of the entry. */
  | unknown
  /** There is no such entry. */
  | undefined;

/** Data of the gap's error, as clients read it. */
export type GapData = {
  /** Reason of the gap. */
  reason: GapReason;
  /**
   * Id of the last event before the gap.
   *
   * @pattern ^[0-9a-f]{32}\.(0|[1-9][0-9]{0,19})$
   */
  last: string;
  /**
   * Position from which the events continue, without a further gap.
   *
   * @pattern ^[0-9a-f]{32}\.(0|[1-9][0-9]{0,19})$
   */
  resume: string;
};

/** Reason of a gap. */
export type GapReason =
  /** The channel does not have the reader's event: its epoch is another. */
  | "epoch"
  /** The events behind the reader's id are no longer retained. */
  | "trimmed"
  /** The reader's id is beyond the channel's last event: the channel lost its end. */
  | "ahead"
  /** Events were trimmed before the subscribed reader had read them. */
  | "slow";

/** The key of an entry. */
export type Key = {
  /**
   * @minLength 1
   * @maxLength 64
   */
  room: string;
  /**
   * @minLength 1
   * @maxLength 128
   */
  key: string;
};

/** The beginning of the keys to list. */
export type List = {
  /**
   * @minLength 1
   * @maxLength 64
   */
  room: string;
  /** @maxLength 128 */
  prefix: string;
  /**
   * @format uint16
   * @minimum 1
   * @maximum 1000
   */
  limit?: number | null | undefined;
};

/** The room to enter, and the name in it. */
export type OpenRoom = {
  /**
   * @minLength 1
   * @maxLength 64
   */
  room: string;
  /**
   * @minLength 1
   * @maxLength 32
   */
  name: string;
};

/** An order with its customer. */
export type Order = {
  customer: Customer;
  /**
   * @minItems 1
   * @maxItems 100
   */
  items: OrderItem[];
};

export type OrderItem = {
  /** @pattern ^[A-Z]{3}-\d{4}$ */
  sku: string;
  /**
   * @format uint32
   * @minimum 1
   * @maximum 999
   */
  qty: number;
  /** @minimum 0 */
  price: number;
  /** @maxLength 200 */
  note?: string | null | undefined;
};

/** An event from `publish` to all subscribers. */
export type Publication = {
  /**
   * @minLength 1
   * @maxLength 32
   */
  at: string;
  /**
   * @minLength 1
   * @maxLength 64
   */
  room: string;
  /**
   * @minLength 1
   * @maxLength 2000
   */
  text: string;
};

/** Event to publish, and its channel. */
export type Publish = {
  /**
   * @minLength 1
   * @maxLength 64
   */
  channel: string;
  payload: unknown;
};

/** An entry to keep. */
export type Put = {
  /**
   * @minLength 1
   * @maxLength 64
   */
  room: string;
  /**
   * @minLength 1
   * @maxLength 128
   */
  key: string;
  value: unknown;
};

/** The data of the error to fail with. */
export type Retry = {
  /**
   * @format uint32
   * @maximum 3600
   */
  retryAfter: number;
};

/** Message to a room. */
export type RoomMessage = { from: string; text: string };

/** Something to say. */
export type Say = {
  /**
   * @minLength 1
   * @maxLength 2000
   */
  text: string;
};

/** A message to send. */
export type SendMessage = {
  /**
   * @minLength 1
   * @maxLength 2000
   */
  message: string;
};

/** A shape of one kind or the other, and nothing else. */
export type Shape =
  /** A circle. */
  | {
      kind: "circle";
      /**
       * From its centre to its edge.
       *
       * @exclusiveMinimum 0
       */
      radius: number;
    }
  /** A square. */
  | {
      kind: "square";
      /**
       * From corner to corner.
       *
       * @exclusiveMinimum 0
       */
      side: number;
    };

/** Channel to read. */
export type Subscribe = {
  /**
   * @minLength 1
   * @maxLength 64
   */
  channel: string;
};

/** Interval of ticks. */
export type Ticks = {
  /**
   * @format uint32
   * @minimum 1
   * @maximum 10000
   */
  everyMs: number;
};

/** Total of an order. */
export type Total = {
  total: number;
  /**
   * @minimum 0
   * @multipleOf 1
   */
  items: number;
};

/** One of each type. */
export type Typed = {
  big: bigint;
  when: Date;
  url: URL;
  pattern: RegExp;
  set: Set<string>;
  map: Map<string, number>;
  maybe?: Date | null | undefined;
  list: Date[];
  nan: number;
};

/** Some files with a title. */
export type Upload = {
  title: string;
  file: File;
  /** @maxItems 5 */
  more: File[];
};

/** Time to wait. */
export type Wait = {
  /**
   * @format uint32
   * @maximum 60000
   */
  ms: number;
};

/** Description of a file to send. */
export type Wanted = {
  /**
   * @format uint32
   * @maximum 10485760
   */
  size: number;
  name: string;
};

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  /** Answers. */
  ping: ProcedureClient<C, undefined, string, ThrowableError>;
  /** Gives the input back. */
  echo: ProcedureClient<C, Echo, Echo, ThrowableError>;
  /** Adds an order up. */
  order: ProcedureClient<C, Order, Total, ThrowableError>;
  /** Counts from 0. */
  count: ProcedureClient<C, CountTo, AsyncIteratorClass<Count, void, void>, ThrowableError>;
  /** Gives an event to everyone who subscribes. */
  publish: ProcedureClient<C, Publication, boolean, ThrowableError>;
  /** Everything that is published from now on. */
  subscribe: ProcedureClient<
    C,
    undefined,
    AsyncIteratorClass<Publication, void, void>,
    ThrowableError
  >;
  nested: {
    deep: {
      /** Answers. */
      ping: ProcedureClient<C, undefined, string, ThrowableError>;
    };
  };
  errors: {
    /** Fails with a code of the caller's. */
    common: ProcedureClient<C, Common, void, ThrowableError>;
    /** Fails with a declared error. */
    typed: ProcedureClient<
      C,
      Retry,
      void,
        | ORPCError<
            "RATE_LIMITED",
            {
              /**
               * Seconds until the next call is welcome.
               *
               * @format uint32
               */
              retryAfter: number;
            }
          >
        | ThrowableError
    >;
    /** Fails with an error whose text must stay here. */
    secret: ProcedureClient<C, undefined, void, ThrowableError>;
    /** Panics with a text that must stay here. */
    panic: ProcedureClient<C, undefined, void, ThrowableError>;
  };
  stream: {
    /** Some events, then a declared error. */
    fail: ProcedureClient<
      C,
      FailAfter,
      AsyncIteratorClass<Count, void, void>,
        | ORPCError<
            "RATE_LIMITED",
            {
              /**
               * Seconds until the next call is welcome.
               *
               * @format uint32
               */
              retryAfter: number;
            }
          >
        | ThrowableError
    >;
    /** Counts until the client goes, from where it left off before. */
    ticks: ProcedureClient<C, Ticks, AsyncIteratorClass<Count, void, void>, ThrowableError>;
    /** Adds up what the client sends. */
    sum: ProcedureClient<C, AsyncIteratorObject<number, unknown, void>, number, ThrowableError>;
    /** Returns the number of live streams of `ticks`. */
    live: ProcedureClient<C, undefined, number, ThrowableError>;
  };
  slow: {
    /** Answers after a while. */
    wait: ProcedureClient<C, Wait, string, ThrowableError>;
    /** Returns the number of running calls of `wait`. */
    live: ProcedureClient<C, undefined, number, ThrowableError>;
  };
  values: {
    /** Gives any value back. */
    any: ProcedureClient<C, unknown, unknown, ThrowableError>;
    /** Gives a value of each type back. */
    typed: ProcedureClient<C, Typed, Typed, ThrowableError>;
    /** Computes an area. */
    shape: ProcedureClient<C, Shape, Area, ThrowableError>;
  };
  files: {
    /** Describes files. */
    describe: ProcedureClient<C, Upload, DescribedUpload, ThrowableError>;
    /** Makes a file. */
    make: ProcedureClient<C, Wanted, File, ThrowableError>;
  };
  account: {
    /** The caller's name. */
    whoAmI: ProcedureClient<C, undefined, Caller, ThrowableError>;
    /** Sets a header and a cookie of the response. */
    headers: ProcedureClient<C, undefined, string, ThrowableError>;
  };
  chat: {
    /** Sends a message to everyone. */
    send: ProcedureClient<C, SendMessage, void, ThrowableError>;
    /** Every message from now on. */
    onMessage: ProcedureClient<C, undefined, AsyncIteratorClass<string, void, void>, ThrowableError>;
  };
  room: {
    /** Enters a room: what is said there, and methods to take part. */
    open: ProcedureClient<
      C,
      OpenRoom,
      AsyncIteratorClass<RoomMessage, void, void> & {
        /** Says something to everyone in the room. */
        say: ProcedureClient<Record<never, never>, Say, void, ThrowableError>;
        tools: {
          /** Answers. */
          ping: ProcedureClient<Record<never, never>, undefined, string, ThrowableError>;
          /** Gives the text back. */
          echo: ProcedureClient<Record<never, never>, EchoText, string, ThrowableError>;
        };
      },
      ORPCError<"EVENT_GAP", GapData> | ThrowableError
    >;
  };
  store: {
    /** Keeps a value. */
    put: ProcedureClient<C, Put, void, ThrowableError>;
    /** Returns the value of a key. */
    get: ProcedureClient<C, Key, Found, ThrowableError>;
    /** Removes an entry, and returns `true` if there was one. */
    delete: ProcedureClient<C, Key, boolean, ThrowableError>;
    /** Lists the entries whose keys begin with `prefix`, in the order of their keys. */
    list: ProcedureClient<C, List, Entry[], ThrowableError>;
    /** Sets the alarm of a room, which publishes `{alarm: room}` to the channel `alarm:<room>`. */
    alarm: ProcedureClient<C, Alarm, void, ThrowableError>;
  };
  publisher: {
    /** Publishes an event, and gives its id. */
    publish: ProcedureClient<C, Publish, string, ThrowableError>;
    /** The events of a channel from now on, or behind the last one that the client saw. */
    subscribe: ProcedureClient<
      C,
      Subscribe,
      AsyncIteratorClass<unknown, void, void>,
      ORPCError<"EVENT_GAP", GapData> | ThrowableError
    >;
  };
};
