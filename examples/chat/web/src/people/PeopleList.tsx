import { useMemo } from "react";
import type { Entry } from "../room/entries";
import { Avatar } from "../ui/Avatar";
import { clockTime, exactTime } from "../ui/time";
import styles from "./PeopleList.module.css";
import { recentPeople } from "./recentPeople";

type Props = { entries: readonly Entry[]; ownName: string | null };

export function PeopleList({ entries, ownName }: Props) {
  const people = useMemo(() => recentPeople(entries), [entries]);

  if (people.length === 0) {
    return <p className={styles.nobody}>People show up here once they say something.</p>;
  }
  return (
    <ul className={styles.list}>
      {people.map(({ name, lastSpokeAt }) => (
        <li className={styles.person} key={name}>
          <Avatar name={name} size="small" />
          <span className={styles.name}>{name}</span>
          {name === ownName && <span className={styles.you}>you</span>}
          <time className={styles.time} dateTime={new Date(lastSpokeAt).toISOString()} title={exactTime(lastSpokeAt)}>
            {clockTime(lastSpokeAt)}
          </time>
        </li>
      ))}
    </ul>
  );
}
