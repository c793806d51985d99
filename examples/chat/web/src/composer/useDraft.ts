import { useCallback, useState } from "react";

const STORAGE_KEY = "chat.draft";

// Browsers may refuse storage altogether; the draft then lasts as long as the page.
function readDraft(): string {
  try {
    return sessionStorage.getItem(STORAGE_KEY) ?? "";
  } catch {
    return "";
  }
}

function storeDraft(draft: string): void {
  try {
    sessionStorage.setItem(STORAGE_KEY, draft);
  } catch {
    // See above.
  }
}

/** The message that is being written. Survives a reload of the tab. */
export function useDraft(): [draft: string, setDraft: (draft: string) => void] {
  const [draft, setDraft] = useState(readDraft);

  const save = useCallback((next: string) => {
    storeDraft(next);
    setDraft(next);
  }, []);

  return [draft, save];
}
