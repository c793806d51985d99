import type { Entry } from "../room/entries";
import { PeopleList } from "./PeopleList";
import styles from "./RoomPanel.module.css";

type Props = { entries: readonly Entry[]; ownName: string | null };

export function RoomPanel({ entries, ownName }: Props) {
  return (
    <aside className={styles.panel} aria-label="About this room">
      <section className={styles.section}>
        <h2 className={styles.heading}>About</h2>
        <p className={styles.about}>
          One open room, no sign-up. Newcomers see the latest messages, and a tab that loses its connection picks up
          where it left off.
        </p>
      </section>
      <section className={styles.section}>
        <h2 className={styles.heading}>Recently heard from</h2>
        <PeopleList entries={entries} ownName={ownName} />
      </section>
    </aside>
  );
}
