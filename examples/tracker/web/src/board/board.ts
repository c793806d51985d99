import type { BoardEvent, Issue, Status } from "../client";

/** The issues, the newest first. */
export type Board = readonly Issue[];

export const COLUMNS: Record<Status, string> = { open: "Open", doing: "In progress", done: "Done" };

export const STATUSES = Object.keys(COLUMNS) as Status[];

/** The board after an event. */
export function applyEvent(board: Board, event: BoardEvent): Board {
  switch (event.type) {
    case "board":
      return event.issues;
    case "changed":
      return board.some(({ id }) => id === event.issue.id) ? replace(board, event.issue) : insert(board, event.issue);
    case "removed":
      return board.filter(({ id }) => id !== event.id);
  }
}

/** The board with a newer state of one of its issues. An older one is skipped. */
export function replace(board: Board, issue: Issue): Board {
  return board.map((other) => (other.id === issue.id && other.version < issue.version ? issue : other));
}

function insert(board: Board, issue: Issue): Board {
  const behind = board.findIndex(({ id }) => id < issue.id);
  return behind < 0 ? [...board, issue] : [...board.slice(0, behind), issue, ...board.slice(behind)];
}
