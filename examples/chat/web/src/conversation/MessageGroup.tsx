import { Avatar } from "../ui/Avatar";
import { hueStyle } from "../ui/hue";
import { clockTime, exactTime } from "../ui/time";
import type { Group } from "./buildTimeline";
import { Linked } from "./Linked";
import styles from "./MessageGroup.module.css";

type Props = { group: Group; own: boolean };

export function MessageGroup({ group: { from: { name }, at, entries }, own }: Props) {
  return (
    <div className={styles.group} data-own={own}>
      {!own && <Avatar name={name} />}
      <div className={styles.body}>
        {/* Screen readers get the author with each message instead: new ones are announced one by one. */}
        <p className={styles.byline} aria-hidden="true">
          <span className={styles.author} style={hueStyle(name)}>
            {own ? "You" : name}
          </span>
          <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
            {clockTime(at)}
          </time>
        </p>
        <ul className={styles.bubbles}>
          {entries.map((entry) => (
            <li className={styles.row} key={entry.key}>
              <span className="visually-hidden">
                {own ? "You" : name}, {clockTime(entry.at)}:
              </span>
              <p className={styles.bubble} data-testid="message" data-author={name} title={exactTime(entry.at)}>
                <Linked text={entry.message} />
              </p>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
