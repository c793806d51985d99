const STORAGE_KEY = "chat.session";

/** `crypto.randomUUID` is missing on pages that come over plain HTTP. */
function newSession(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Browsers may refuse storage altogether; the session then lasts as long as the tab.
function storedSession(): string {
  try {
    const stored = localStorage.getItem(STORAGE_KEY) ?? newSession();
    localStorage.setItem(STORAGE_KEY, stored);
    return stored;
  } catch {
    return newSession();
  }
}

/** The secret of this browser: the server tells people of one name apart by it, and shows others only its hash. */
export const SESSION = storedSession();
