// The types of the server's procedures. Generated from its Rust code: change that instead.

import type { AsyncIteratorClass, Client as ProcedureClient, ClientContext, ORPCError, ThrowableError } from "@orpc/client";

/** A place in the list. */
export type After = {
  /**
   * The `next` of the page before.
   *
   * @default null
   * @format int64
   */
  after?: bigint | null | undefined;
};

/** A file of an issue, without its bytes. */
export type Attachment = {
  /**
   * A `bigint` in TypeScript.
   *
   * @format int64
   */
  id: bigint;
  /** The name that the browser has sent. */
  name: string;
  /**
   * The length in bytes.
   *
   * @format uint32
   */
  size: number;
  /** A `Date` in TypeScript. */
  createdAt: Date;
};

/**
 * A state of the board, or a change of it. A page may apply a change twice, and skips one that is older than what
 * it has.
 */
export type BoardEvent =
  /** The whole board: the first event, and again if a page has missed some. */
  | {
      type: "board";
      /** Its issues, the newest first. */
      issues: Issue[];
    }
  /** A new issue, or a new state of one. */
  | {
      type: "changed";
      /** The issue. */
      issue: Issue;
    }
  /** An issue that is gone. */
  | {
      type: "removed";
      /**
       * Its id.
       *
       * @format int64
       */
      id: bigint;
    };

/** A comment. */
export type Comment = {
  /**
   * A `bigint` in TypeScript.
   *
   * @format int64
   */
  id: bigint;
  /** The name of its author. */
  author: string;
  /** Its text. */
  text: string;
  /** A `Date` in TypeScript. */
  createdAt: Date;
};

/** A place among the comments of an issue. */
export type CommentsAfter = {
  /** @format int64 */
  issue: bigint;
  /**
   * The `next` of the page before.
   *
   * @default null
   * @format int64
   */
  after?: bigint | null | undefined;
};

/** A name and a password. */
export type Credentials = {
  /**
   * Letters, digits and spaces, with no space at the ends.
   *
   * @maxLength 40
   * @pattern ^[\p{L}\p{N}]+( [\p{L}\p{N}]+)*$
   */
  name: string;
  /**
   * @minLength 10
   * @maxLength 200
   */
  password: string;
};

/** Another text of an issue. */
export type EditIssue = {
  /** @format int64 */
  id: bigint;
  /**
   * The revision that the editor has read.
   *
   * @format uint32
   */
  revision: number;
  /**
   * @minLength 1
   * @maxLength 120
   */
  title: string;
  /** @maxLength 10000 */
  body: string;
};

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

/** An issue. */
export type Issue = {
  /**
   * A `bigint` in TypeScript.
   *
   * @format int64
   */
  id: bigint;
  /** One line. */
  title: string;
  /** Any text. */
  body: string;
  /** The column of the board. */
  status: Status;
  /** The name of its author. */
  author: string;
  /** A `Date` in TypeScript. */
  createdAt: Date;
  /**
   * A `number` in TypeScript, which is exact.
   *
   * @format uint32
   */
  comments: number;
  /**
   * The number of files.
   *
   * @format uint32
   */
  attachments: number;
  /**
   * Grows with each edit of title or body.
   *
   * @format uint32
   */
  revision: number;
  /**
   * Grows with each change.
   *
   * @format int64
   */
  version: bigint;
};

/** Another column of an issue. */
export type MoveIssue = {
  /** @format int64 */
  id: bigint;
  status: Status;
};

/** A file for an issue. */
export type NewAttachment = {
  /** @format int64 */
  issue: bigint;
  file: File;
};

/** A new comment. */
export type NewComment = {
  /** @format int64 */
  issue: bigint;
  /**
   * @minLength 1
   * @maxLength 5000
   */
  text: string;
};

/** A new issue. */
export type NewIssue = {
  /**
   * @minLength 1
   * @maxLength 120
   */
  title: string;
  /**
   * @default ""
   * @maxLength 10000
   */
  body?: string | undefined;
};

/** A part of a list. */
export type PageOfComment = {
  /** The entries. */
  items: Comment[];
  /**
   * The cursor of the next page: the id of the last entry, if there are more.
   *
   * @format int64
   */
  next: bigint | null;
};

/** A part of a list. */
export type PageOfIssue = {
  /** The entries. */
  items: Issue[];
  /**
   * The cursor of the next page: the id of the last entry, if there are more.
   *
   * @format int64
   */
  next: bigint | null;
};

/** A person with an account. */
export type Person = {
  /**
   * A `bigint` in TypeScript.
   *
   * @format int64
   */
  id: bigint;
  /** The name, which is unique. */
  name: string;
  /** The role. */
  role: Role;
  /** A `Date` in TypeScript. */
  joinedAt: Date;
};

/** Data of the error, as clients read it. */
export type RateLimitData = {
  /**
   * Number of calls that may follow each other at once.
   *
   * @format uint32
   */
  limit: number;
  /**
   * Number of calls that are allowed now: none.
   *
   * @format uint32
   */
  remaining: number;
  /** Time when the next call is allowed, in milliseconds since 1970. */
  reset: number;
};

/** The role of a person. */
export type Role =
  /** May remove issues and change roles. */
  | "admin"
  /** May do everything else. */
  | "member";

/** A new role for somebody. */
export type SetRole = {
  /** @format int64 */
  id: bigint;
  role: Role;
};

/** The column of the board in which an issue is. */
export type Status =
  /** Nobody works on it yet. */
  | "open"
  /** Somebody works on it. */
  | "doing"
  /** It is done. */
  | "done";

/** The procedures of the server. */
export type Client<C extends ClientContext = Record<never, never>> = {
  account: {
    /** Makes an account and signs it in. The first one is that of an admin. */
    signUp: ProcedureClient<
      C,
      Credentials,
      Person,
        | ORPCError<"NAME_TAKEN", undefined>
        | ORPCError<"TOO_MANY_REQUESTS", RateLimitData>
        | ThrowableError
    >;
    /** Begins a session, whose token is in a cookie that scripts cannot read. */
    signIn: ProcedureClient<
      C,
      Credentials,
      Person,
        | ORPCError<"WRONG_CREDENTIALS", undefined>
        | ORPCError<"TOO_MANY_REQUESTS", RateLimitData>
        | ThrowableError
    >;
    /** Ends the session, on the server and in the browser. */
    signOut: ProcedureClient<C, undefined, void, ThrowableError>;
    /** Returns the person who is signed in, or null. */
    me: ProcedureClient<C, undefined, Person | null, ThrowableError>;
  };
  attachments: {
    /** Lists the files of an issue. */
    list: ProcedureClient<
      C,
      bigint,
      Attachment[],
      ORPCError<"UNAUTHORIZED", undefined> | ThrowableError
    >;
    /** Adds a file, of at most 16 MiB unless the service sets another limit. */
    add: ProcedureClient<
      C,
      NewAttachment,
      Attachment,
        | ORPCError<
            "TOO_MANY_FILES",
            {
              /**
               * The number that it may have.
               *
               * @format uint32
               */
              limit: number;
            }
          >
        | ORPCError<"NO_SUCH_ISSUE", undefined>
        | ORPCError<"UNAUTHORIZED", undefined>
        | ThrowableError
    >;
    /** Returns a file with its bytes, which are read while they are sent. */
    download: ProcedureClient<
      C,
      bigint,
      File,
        | ORPCError<"NO_SUCH_FILE", undefined>
        | ORPCError<"UNAUTHORIZED", undefined>
        | ThrowableError
    >;
  };
  board: {
    /** The board and its changes. A page that comes back gets those that it has missed. */
    watch: ProcedureClient<
      C,
      undefined,
      AsyncIteratorClass<BoardEvent, void, void>,
      ORPCError<"EVENT_GAP", GapData> | ORPCError<"UNAUTHORIZED", undefined> | ThrowableError
    >;
  };
  comments: {
    /** Lists the comments of an issue, the oldest first. */
    list: ProcedureClient<
      C,
      CommentsAfter,
      PageOfComment,
      ORPCError<"UNAUTHORIZED", undefined> | ThrowableError
    >;
    /** Adds a comment. */
    add: ProcedureClient<
      C,
      NewComment,
      void,
        | ORPCError<"NO_SUCH_ISSUE", undefined>
        | ORPCError<"UNAUTHORIZED", undefined>
        | ThrowableError
    >;
    /** Removes a comment of the caller; an admin may remove everybody's. */
    remove: ProcedureClient<
      C,
      bigint,
      void,
        | ORPCError<"NO_SUCH_COMMENT", undefined>
        | ORPCError<"UNAUTHORIZED", undefined>
        | ThrowableError
    >;
  };
  issues: {
    /** Lists issues, the newest first. */
    list: ProcedureClient<
      C,
      After,
      PageOfIssue,
      ORPCError<"UNAUTHORIZED", undefined> | ThrowableError
    >;
    /** Returns one issue. */
    find: ProcedureClient<
      C,
      bigint,
      Issue,
        | ORPCError<"NO_SUCH_ISSUE", undefined>
        | ORPCError<"UNAUTHORIZED", undefined>
        | ThrowableError
    >;
    /** Opens an issue. */
    create: ProcedureClient<
      C,
      NewIssue,
      Issue,
        | ORPCError<"NO_SUCH_ISSUE", undefined>
        | ORPCError<"UNAUTHORIZED", undefined>
        | ThrowableError
    >;
    /** Changes title and body, unless somebody else has changed them meanwhile. */
    edit: ProcedureClient<
      C,
      EditIssue,
      Issue,
        | ORPCError<"CHANGED_MEANWHILE", undefined>
        | ORPCError<"NO_SUCH_ISSUE", undefined>
        | ORPCError<"UNAUTHORIZED", undefined>
        | ThrowableError
    >;
    /** Moves an issue to another column, if that has room. */
    move: ProcedureClient<
      C,
      MoveIssue,
      Issue,
        | ORPCError<
            "COLUMN_FULL",
            {
              /**
               * The number of issues that may be in progress.
               *
               * @format uint32
               */
              limit: number;
            }
          >
        | ORPCError<"NO_SUCH_ISSUE", undefined>
        | ORPCError<"UNAUTHORIZED", undefined>
        | ThrowableError
    >;
    /** Removes an issue with its comments and attachments. */
    remove: ProcedureClient<
      C,
      bigint,
      void,
        | ORPCError<"NO_SUCH_ISSUE", undefined>
        | ORPCError<"FORBIDDEN", undefined>
        | ORPCError<"UNAUTHORIZED", undefined>
        | ThrowableError
    >;
  };
  people: {
    /** Lists everybody by name. */
    list: ProcedureClient<
      C,
      undefined,
      Person[],
      ORPCError<"FORBIDDEN", undefined> | ORPCError<"UNAUTHORIZED", undefined> | ThrowableError
    >;
    /** Changes a role. */
    setRole: ProcedureClient<
      C,
      SetRole,
      Person,
        | ORPCError<"NO_SUCH_PERSON", undefined>
        | ORPCError<"LAST_ADMIN", undefined>
        | ORPCError<"FORBIDDEN", undefined>
        | ORPCError<"UNAUTHORIZED", undefined>
        | ThrowableError
    >;
  };
};
