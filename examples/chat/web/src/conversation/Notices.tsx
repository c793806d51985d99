import type { NoticeEntry } from "../room/entries";
import { clockTime, exactTime } from "../ui/time";
import type { Notices as NoticesItem } from "./buildTimeline";
import styles from "./Notices.module.css";

const HAPPENED = {
  joined: "joined",
  left: "left",
} satisfies Record<NoticeEntry["type"], string>;

type Props = { notices: NoticesItem; ownName: string | null };

/** Who came and went between two messages. */
export function Notices({ notices: { entries }, ownName }: Props) {
  return (
    <ul className={styles.notices}>
      {entries.map(({ key, type, name, at }) => (
        <li className={styles.notice} key={key}>
          <p className={styles.words} data-testid="notice">
            <span className={styles.name}>{name === ownName ? "You" : name}</span> {HAPPENED[type]}
          </p>
          <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
            {clockTime(at)}
          </time>
        </li>
      ))}
    </ul>
  );
}
