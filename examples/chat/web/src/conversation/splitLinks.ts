export type Part = { text: string; isLink: boolean };

/** Only these schemes: a `javascript:` address is text. */
const ADDRESS = /\bhttps?:\/\/[^\s<>"]+/giu;

const CLOSING = /[.,;:!?'*_~]$/u;

/** Takes away the punctuation of the sentence around an address, and a bracket that is not opened in it. */
function trimAddress(address: string): string {
  let end = address;
  for (;;) {
    const unopened = end.endsWith(")") && end.split(")").length > end.split("(").length;
    if (!unopened && !CLOSING.test(end)) {
      return end;
    }
    end = end.slice(0, -1);
  }
}

/** Splits a message into its addresses and the texts between them. */
export function splitLinks(message: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of message.matchAll(ADDRESS)) {
    const address = trimAddress(match[0]);
    if (!URL.canParse(address)) {
      continue;
    }
    if (match.index > end) {
      parts.push({ text: message.slice(end, match.index), isLink: false });
    }
    parts.push({ text: address, isLink: true });
    end = match.index + address.length;
  }
  if (end < message.length) {
    parts.push({ text: message.slice(end), isLink: false });
  }
  return parts;
}
