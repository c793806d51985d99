import { TRANSPORT_NAMES, type TransportName } from "./transport";
import styles from "./TransportSwitch.module.css";

const LABELS = {
  websocket: {
    short: "WebSocket",
    long: "WebSocket",
    title: "Receive messages over a WebSocket: one connection for everything",
  },
  sse: {
    short: "SSE",
    long: "Server-sent events",
    title: "Receive messages as server-sent events: an HTTP response that never ends",
  },
  worker: {
    short: "Worker",
    long: "Worker of this browser",
    title: "Receive messages from a worker of this browser, which its tabs share",
  },
} satisfies Record<TransportName, unknown>;

type Props = { chosen: TransportName; onChoose: (name: TransportName) => void };

export function TransportSwitch({ chosen, onChoose }: Props) {
  if (TRANSPORT_NAMES.length === 1) {
    return null;
  }
  return (
    <fieldset className={styles.switch}>
      <legend className="visually-hidden">Connect over</legend>
      {TRANSPORT_NAMES.map((name) => (
        <label className={styles.option} key={name} title={LABELS[name].title}>
          <input
            className={styles.input}
            type="radio"
            name="transport"
            value={name}
            data-testid={`transport-${name}`}
            aria-label={LABELS[name].long}
            checked={name === chosen}
            onChange={() => onChoose(name)}
          />
          {LABELS[name].short}
        </label>
      ))}
    </fieldset>
  );
}
