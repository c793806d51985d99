//! Functions that schemas of forms call, in TypeScript. A file has those that it needs.

/// A function of the file.
pub(super) struct Helper {
    pub(super) name: &'static str,
    /// Other functions that it calls. They stand in front of it in the list.
    pub(super) needs: &'static [&'static str],
    pub(super) text: &'static str,
}

pub(super) const HELPERS: &[Helper] = &[
    Helper {
        name: "typed",
        needs: &[],
        text: r"
/** Gives a schema another type. */
function typed<T>(schema: z.ZodType): z.ZodType<T, T> {
  return schema as unknown as z.ZodType<T, T>;
}
",
    },
    Helper {
        name: "all",
        needs: &["typed"],
        text: r#"
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
"#,
    },
    Helper {
        name: "either",
        needs: &[],
        text: r#"
/** A value of any of several schemas, as it is: `z.union` would leave out what only a later one knows. */
function either<T>(...schemas: z.ZodType[]): z.ZodType<T, T> {
  return z.custom<T>(
    (value) => schemas.some((schema) => schema.safeParse(value).success),
    "Invalid input: matches none of the allowed shapes",
  );
}
"#,
    },
    Helper {
        name: "one",
        needs: &[],
        text: r#"
/** A value of exactly one of several schemas, as it is. */
function one<T>(...schemas: z.ZodType[]): z.ZodType<T, T> {
  return z.custom<T>(
    (value) => schemas.filter((schema) => schema.safeParse(value).success).length === 1,
    "Invalid input: matches none or several of the allowed shapes",
  );
}
"#,
    },
    Helper {
        name: "not",
        needs: &[],
        text: r#"
/** A value that a schema refuses. */
function not(schema: z.ZodType): z.ZodType {
  return z.custom((value) => !schema.safeParse(value).success, "Invalid input: refused by `not`");
}
"#,
    },
    Helper {
        name: "when",
        needs: &[],
        text: r#"
/** A value of one schema if it is of another, otherwise of a third. */
function when(condition: z.ZodType, then: z.ZodType, otherwise: z.ZodType): z.ZodType {
  return z.custom(
    (value) => (condition.safeParse(value).success ? then : otherwise).safeParse(value).success,
    "Invalid input: refused by `if`",
  );
}
"#,
    },
    Helper {
        name: "where",
        needs: &[],
        text: r#"
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
"#,
    },
    Helper {
        name: "shown",
        needs: &[],
        text: r#"
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
"#,
    },
    Helper {
        name: "equal",
        needs: &["shown"],
        text: r#"
/** A value that is equal to one of some values. */
function equal<T>(constants: unknown[]): z.ZodType<T, T> {
  return z.custom<T>(
    (value) => constants.some((constant) => shown(constant) === shown(value)),
    `Invalid input: expected one of ${constants.map((constant) => JSON.stringify(constant)).join(", ")}`,
  );
}
"#,
    },
    Helper {
        name: "areUnique",
        needs: &["shown"],
        text: r"
function areUnique(items: unknown[]): boolean {
  return new Set(items.map(shown)).size === items.length;
}
",
    },
    Helper {
        name: "contains",
        needs: &[],
        text: r"
function contains(schema: z.ZodType, least: number, most: number): (items: unknown[]) => boolean {
  return (items) => {
    const count = items.filter((item) => schema.safeParse(item).success).length;
    return least <= count && count <= most;
  };
}
",
    },
    Helper {
        name: "together",
        needs: &[],
        text: r"
function together(dependent: Record<string, string[]>): (value: object) => boolean {
  return (value) =>
    Object.entries(dependent).every(
      ([name, others]) => !Object.hasOwn(value, name) || others.every((other) => Object.hasOwn(value, other)),
    );
}
",
    },
    Helper {
        name: "pattern",
        needs: &[],
        text: r#"
/** A pattern by the rules of Unicode; by the older ones if it uses what those refuse. */
function pattern(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch {
    return new RegExp(source);
  }
}
"#,
    },
    Helper {
        name: "members",
        needs: &[],
        text: r#"
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
"#,
    },
    Helper {
        name: "others",
        needs: &[],
        text: r#"
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
"#,
    },
    Helper {
        name: "isDate",
        needs: &[],
        text: r"
function isDate(text: string): boolean {
  const [, year = 0, month = 0, day = 0] = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text)?.map(Number) ?? [];
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day >= 1 && day <= days;
}
",
    },
    Helper {
        name: "isTime",
        needs: &[],
        text: r#"
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
"#,
    },
    Helper {
        name: "isDateTime",
        needs: &["isDate", "isTime"],
        text: r"
function isDateTime(text: string): boolean {
  const at = text.search(/[tT]/);
  return at >= 0 && isDate(text.slice(0, at)) && isTime(text.slice(at + 1));
}
",
    },
    Helper {
        name: "isDuration",
        needs: &[],
        text: r"
function isDuration(text: string): boolean {
  return /^[+-]?[Pp][0-9YMWDTHSymwdths.,]+$/.test(text);
}
",
    },
    Helper {
        name: "isIpv4",
        needs: &[],
        text: r"
function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/.test(text);
}
",
    },
    Helper {
        name: "isIpv6",
        needs: &[],
        text: r"
function isIpv6(text: string): boolean {
  return /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]`);
}
",
    },
    Helper {
        name: "isIp",
        needs: &["isIpv4", "isIpv6"],
        text: r"
function isIp(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}
",
    },
    Helper {
        name: "isHostname",
        needs: &[],
        text: r#"
function isHostname(text: string): boolean {
  const isLabel = (label: string) =>
    /^(?!-)[a-zA-Z0-9-]{1,63}(?<!-)$/.test(label) &&
    (label.slice(2, 4) !== "--" || (/^xn--/i.test(label) && URL.canParse(`http://${label}`)));
  return text.length <= 253 && text.split(".").every(isLabel);
}
"#,
    },
    Helper {
        name: "isEmail",
        needs: &["isHostname", "isIpv4", "isIpv6"],
        text: r#"
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
"#,
    },
    Helper {
        name: "isUriReference",
        needs: &["isIpv6"],
        text: r#"
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
"#,
    },
    Helper {
        name: "isUri",
        needs: &["isUriReference"],
        text: r"
/** A URI of RFC 3986, in ASCII. */
function isUri(text: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text) && isUriReference(text);
}
",
    },
    Helper {
        name: "isUriTemplate",
        needs: &[],
        text: r"
function isUriTemplate(text: string): boolean {
  const part = '(?:[a-zA-Z0-9_]|%[0-9a-fA-F]{2})+';
  const variable = `${part}(?:\\.${part})*(?::[1-9][0-9]{0,3}|\\*)?`;
  const literal = '[^\\u0000-\\u0020\x22<>\\\\^`|{}%\\u007f]|%[0-9a-fA-F]{2}';
  return new RegExp(`^(?:${literal}|\\{[+#./;?&=,!@|]?${variable}(?:,${variable})*\\})*$`, 'u').test(text);
}
",
    },
    Helper {
        name: "isJsonPointer",
        needs: &[],
        text: r"
function isJsonPointer(text: string): boolean {
  return /^(?:\/(?:[^~]|~[01])*)?$/u.test(text);
}
",
    },
    Helper {
        name: "isRelativeJsonPointer",
        needs: &["isJsonPointer"],
        text: r"
function isRelativeJsonPointer(text: string): boolean {
  const [, rest] = /^(?:0|[1-9][0-9]*)(#?.*)$/su.exec(text) ?? [];
  return rest !== undefined && (rest === '#' || isJsonPointer(rest));
}
",
    },
    Helper {
        name: "isRegex",
        needs: &[],
        text: r#"
function isRegex(text: string): boolean {
  try {
    return new RegExp(text, "u") !== undefined;
  } catch {
    return false;
  }
}
"#,
    },
    Helper {
        name: "isUuid",
        needs: &[],
        text: r"
function isUuid(text: string): boolean {
  return /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/.test(text);
}
",
    },
];
