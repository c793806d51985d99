export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  | { state: "reconnecting"; reason: string; /** Milliseconds since the Unix epoch. */ retryAt: number };
