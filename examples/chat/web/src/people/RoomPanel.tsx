import type { People } from "../room/usePeople";
import { TRANSPORT_NAMES } from "../transport/transport";
import { PeopleList } from "./PeopleList";
import styles from "./RoomPanel.module.css";

type Props = { people: People };

export function RoomPanel({ people }: Props) {
  return (
    <>
      <section className={styles.section}>
        <h2 className={styles.heading}>Here now</h2>
        <PeopleList people={people} />
      </section>
      <section className={styles.section}>
        <h2 className={styles.heading}>About</h2>
        <p className={styles.about}>
          One open room, no sign-up. Newcomers see the latest messages, and a tab that loses its connection picks up
          where it left off.
        </p>
      </section>
      {TRANSPORT_NAMES.includes("sse") && (
        <section className={styles.section}>
          <h2 className={styles.heading}>WebSocket or SSE</h2>
          <p className={styles.about}>
            Two ways for messages to reach this page, from the same server code. With WebSocket everything shares one
            connection; with SSE (server-sent events) messages arrive as an HTTP response that never ends. You can
            switch at any time without missing a message.
          </p>
        </section>
      )}
      {TRANSPORT_NAMES.includes("worker") && (
        <section className={styles.section}>
          <h2 className={styles.heading}>In this browser</h2>
          <p className={styles.about}>
            There is no server: the room is in a worker that the tabs of this browser share, from the code of the
            server. It ends with the last tab.
          </p>
        </section>
      )}
    </>
  );
}
