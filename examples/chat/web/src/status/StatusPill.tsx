import type { Connection } from "../room/connection";
import styles from "./StatusPill.module.css";

const LABELS = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
} satisfies Record<Connection["state"], string>;

type Props = { connection: Connection };

export function StatusPill({ connection: { state } }: Props) {
  return (
    <p className={styles.pill} role="status" data-testid="status" data-state={state}>
      {LABELS[state]}
    </p>
  );
}
