import { useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";
import type { MoveIssue } from "../client";
import { orpc } from "../rpc/rpc";
import { type Board, replace } from "./board";
import { boardOptions } from "./useBoard";

/** Moves an issue. The board shows it at once, see `withMoves`. */
export function useMove() {
  const queries = useQueryClient();
  return useMutation(
    orpc.issues.move.mutationOptions({
      // The answer may arrive before the event.
      onSuccess: (issue) => {
        queries.setQueryData(boardOptions.queryKey, (board) => board && replace(board, issue));
        queries.invalidateQueries({ queryKey: orpc.issues.key() });
      },
    }),
  );
}

/** The moves that the server has not answered yet. */
export function usePendingMoves(): MoveIssue[] {
  return useMutationState({
    filters: { mutationKey: orpc.issues.move.mutationKey(), status: "pending" },
    select: (mutation) => mutation.state.variables as MoveIssue,
  });
}

/** The board as it will be. A move that the server refuses is pending no more, and so taken back. */
export function withMoves(board: Board, moves: MoveIssue[]): Board {
  return moves.reduce(
    (before, { id, status }) => before.map((issue) => (issue.id === id ? { ...issue, status } : issue)),
    board,
  );
}
