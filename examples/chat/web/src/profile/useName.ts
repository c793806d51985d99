import { useCallback, useState } from "react";
import { cleanName } from "./names";

const STORAGE_KEY = "chat.name";

// Browsers may refuse storage altogether; the name then lasts as long as the tab.
function readStoredName(): string | null {
  try {
    return cleanName(localStorage.getItem(STORAGE_KEY) ?? "");
  } catch {
    return null;
  }
}

function storeName(name: string): void {
  try {
    localStorage.setItem(STORAGE_KEY, name);
  } catch {
    // See above.
  }
}

export function useName(): [name: string | null, setName: (name: string) => void] {
  const [name, setName] = useState(readStoredName);

  const save = useCallback((next: string) => {
    storeName(next);
    setName(next);
  }, []);

  return [name, save];
}
