import type { NoticeEntry } from "../room/entries";
import { clockTime, exactTime } from "../ui/time";
import type { Notices as NoticesItem } from "./buildTimeline";
import styles from "./Notices.module.css";

const HAPPENED = {
  joined: "joined",
  left: "left",
} satisfies Record<Exclude<NoticeEntry["type"], "missed">, string>;

type Props = { notices: NoticesItem; ownName: string | null };

/** Who came and went between two messages, and where messages are missing. */
export function Notices({ notices: { entries }, ownName }: Props) {
  return (
    <ul className={styles.notices}>
      {entries.map((entry) => (
        <li className={styles.notice} key={entry.key}>
          <p className={styles.words} data-testid="notice">
            <Words entry={entry} ownName={ownName} />
          </p>
          <time dateTime={new Date(entry.at).toISOString()} title={exactTime(entry.at)}>
            {clockTime(entry.at)}
          </time>
        </li>
      ))}
    </ul>
  );
}

function Words({ entry, ownName }: { entry: NoticeEntry; ownName: string | null }) {
  if (entry.type === "missed") {
    return "You were away for too long: some messages are missing here";
  }
  return (
    <>
      <span className={styles.name}>{entry.name === ownName ? "You" : entry.name}</span> {HAPPENED[entry.type]}
    </>
  );
}
