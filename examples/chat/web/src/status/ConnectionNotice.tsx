import type { Connection } from "../room/connection";
import { useCountdown } from "../ui/useCountdown";
import styles from "./ConnectionNotice.module.css";

type Props = {
  connection: Extract<Connection, { state: "reconnecting" }>;
  onRetry: () => void;
};

export function ConnectionNotice({ connection: { reason, retryAt }, onRetry }: Props) {
  const seconds = useCountdown(retryAt);
  const waiting = seconds > 0;

  return (
    <div className={styles.notice} data-testid="connection-notice">
      <p className={styles.words}>
        <span role="alert">Not connected: {reason}.</span>{" "}
        <span className={styles.next}>{waiting ? `Trying again in ${seconds} s.` : "Trying again…"}</span>
      </p>
      <button className={styles.retry} type="button" onClick={onRetry} disabled={!waiting}>
        Retry now
      </button>
    </div>
  );
}
