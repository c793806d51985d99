import { useSyncExternalStore } from "react";

export type Page = "board" | "issues" | "people";

export type Route = {
  page: Page;
  /** The issue that is shown above the page. */
  issue?: bigint;
};

/** The address of a page, or of an issue above it: `#board/12`. */
export function hrefOf(page: Page, issue?: bigint): string {
  return issue === undefined ? `#${page}` : `#${page}/${issue}`;
}

/** The page that the address names. */
export function useRoute(): Route {
  return parse(useSyncExternalStore(subscribe, () => location.hash));
}

function subscribe(changed: () => void) {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}

function parse(hash: string): Route {
  const [, name, id] = /^#(board|issues|people)(?:\/(\d{1,18}))?$/.exec(hash) ?? [];
  const page = (name ?? "board") as Page;
  return id === undefined ? { page } : { page, issue: BigInt(id) };
}
