import { useCallback, useState } from "react";
import { TRANSPORT_NAMES, type TransportName } from "./transport";

const STORAGE_KEY = "chat.transport";
const PARAMETER = "transport";

function known(name: string | null): TransportName | undefined {
  return TRANSPORT_NAMES.find((one) => one === name);
}

// Browsers may refuse storage altogether; the choice then lasts as long as the tab.
function readStored(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

function store(name: TransportName): void {
  try {
    localStorage.setItem(STORAGE_KEY, name);
  } catch {
    // See above.
  }
}

/** The link may choose; otherwise the last choice made here applies. */
function initialName(): TransportName {
  const linked = new URLSearchParams(window.location.search).get(PARAMETER);
  return known(linked) ?? known(readStored()) ?? TRANSPORT_NAMES[0];
}

/** Removes the choice from the link, so that a later choice survives a reload of the page. */
function forgetLink(): void {
  const url = new URL(window.location.href);
  url.searchParams.delete(PARAMETER);
  window.history.replaceState(window.history.state, "", url);
}

export function useTransport(): [name: TransportName, choose: (name: TransportName) => void] {
  const [name, setName] = useState(initialName);

  const choose = useCallback((next: TransportName) => {
    store(next);
    forgetLink();
    setName(next);
  }, []);

  return [name, choose];
}
