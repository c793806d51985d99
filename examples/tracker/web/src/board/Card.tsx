import type { Issue, Status } from "../client";
import { hrefOf } from "../layout/useRoute";
import { COLUMNS, STATUSES } from "./board";
import styles from "./Card.module.css";

type Props = { issue: Issue; isMoving: boolean; onMove: (to: Status) => void };

export function Card({ issue, isMoving, onMove }: Props) {
  return (
    <li className={styles.card} aria-busy={isMoving} data-issue={issue.title}>
      <a className={styles.title} href={hrefOf("board", issue.id)}>
        {issue.title}
      </a>
      <p className={styles.facts}>
        #{String(issue.id)} by {issue.author}
        {issue.comments > 0 && ` · ${count(issue.comments, "comment")}`}
        {issue.attachments > 0 && ` · ${count(issue.attachments, "file")}`}
      </p>
      <select
        className={styles.move}
        aria-label={`Column of ${issue.title}`}
        value={issue.status}
        onChange={(event) => onMove(event.currentTarget.value as Status)}
      >
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {COLUMNS[status]}
          </option>
        ))}
      </select>
    </li>
  );
}

function count(number: number, name: string): string {
  // In one piece at the end of a line.
  return `${number}\u00a0${name}${number === 1 ? "" : "s"}`;
}
