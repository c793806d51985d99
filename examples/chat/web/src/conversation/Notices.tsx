import type { NoticeEntry } from "../room/entries";
import { clockTime, exactTime } from "../ui/time";
import type { Notices as NoticesItem } from "./buildTimeline";
import styles from "./Notices.module.css";

const HAPPENED = {
  joined: "joined",
  left: "left",
} satisfies Record<Exclude<NoticeEntry["type"], "missed">, string>;

type Props = { notices: NoticesItem; ownId: string | null };

/** The arrivals and departures between two messages, and the places of missing ones. */
export function Notices({ notices: { entries }, ownId }: Props) {
  return (
    <ul className={styles.notices}>
      {entries.map((entry) => (
        <li className={styles.notice} key={entry.key}>
          <p className={styles.words} data-testid="notice">
            <Words entry={entry} ownId={ownId} />
          </p>
          <time dateTime={new Date(entry.at).toISOString()} title={exactTime(entry.at)}>
            {clockTime(entry.at)}
          </time>
        </li>
      ))}
    </ul>
  );
}

function Words({ entry, ownId }: { entry: NoticeEntry; ownId: string | null }) {
  if (entry.type === "missed") {
    return "You were away for too long: some messages are missing here";
  }
  return (
    <>
      <span className={styles.name}>{entry.who.id === ownId ? "You" : entry.who.name}</span> {HAPPENED[entry.type]}
    </>
  );
}
