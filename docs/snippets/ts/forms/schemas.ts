// The schemas of the server's inputs. Generated from its Rust code: change that instead.

import { z } from "zod";

export type NewIssue = {
  /**
   * @minLength 1
   * @maxLength 80
   */
  title: string;
  /**
   * From 1, which is urgent, to 5.
   *
   * @format uint8
   * @minimum 1
   * @maximum 5
   */
  priority: number;
  /** @format email */
  reporter?: string | null | undefined;
  due?: Date | null | undefined;
};

export const NewIssue = /* @__PURE__ */ (() => z.object({
  title: z.string().min(1, "Too small: expected at least 1 character").refine((text) => [...text].length <= 80, "Too big: expected at most 80 characters"),
  priority: z.int().min(1, "Too small: expected a number >= 1").max(5, "Too big: expected a number <= 5").describe("From 1, which is urgent, to 5."),
  reporter: z.string().refine(isEmail, "Invalid string: must be of the format email").nullable().optional(),
  due: z.date().nullable().optional(),
}))();

// The inputs whose types have a name.
export { NewIssue as createInput };

function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/.test(text);
}

function isIpv6(text: string): boolean {
  return /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]`);
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
