import type { People } from "../room/usePeople";
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
      <section className={styles.section}>
        <h2 className={styles.heading}>WebSocket or SSE</h2>
        <p className={styles.about}>
          Two ways for messages to reach this page, from the same server code. With WebSocket everything shares one
          connection; with SSE (server-sent events) messages arrive as an HTTP response that never ends. You can switch
          at any time without missing a message.
        </p>
      </section>
    </>
  );
}
