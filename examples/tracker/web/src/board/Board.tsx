import { describeError } from "../rpc/describeError";
import styles from "./Board.module.css";
import { COLUMNS, STATUSES } from "./board";
import { Card } from "./Card";
import { NewIssue } from "./NewIssue";
import { useBoard } from "./useBoard";
import { useMove, usePendingMoves, withMoves } from "./useMove";

export function Board() {
  const board = useBoard();
  const moves = usePendingMoves();
  const move = useMove();
  if (!board.data) {
    return (
      <p className="notice" role="status">
        {board.error ? describeError(board.error) : "Loading…"}
      </p>
    );
  }
  const issues = withMoves(board.data, moves);

  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Board</h1>
      <NewIssue />
      {move.error && (
        <p className="error" role="alert">
          {describeError(move.error)}
        </p>
      )}
      <div className={styles.columns}>
        {STATUSES.map((status) => {
          const column = issues.filter((issue) => issue.status === status);
          return (
            <section key={status} className={styles.column} aria-labelledby={`column-${status}`}>
              <h2 id={`column-${status}`}>
                {COLUMNS[status]} <span className={styles.count}>{column.length}</span>
              </h2>
              <ul>
                {column.map((issue) => (
                  <Card
                    key={String(issue.id)}
                    issue={issue}
                    isMoving={moves.some(({ id }) => id === issue.id)}
                    onMove={(to) => move.mutate({ id: issue.id, status: to })}
                  />
                ))}
              </ul>
              {column.length === 0 && <p className={styles.empty}>Nothing here</p>}
            </section>
          );
        })}
      </div>
    </div>
  );
}
