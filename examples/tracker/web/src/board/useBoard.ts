import { experimental_streamedQuery as streamedQuery, queryOptions, useQuery } from "@tanstack/react-query";
import { isSignedOut } from "../rpc/queryClient";
import { type CallContext, orpc, rpc } from "../rpc/rpc";
import { applyEvent, type Board } from "./board";
import { setConnection } from "./connection";

/** Goes on behind the last event, for as long as somebody reads the board and has a session. */
const RECONNECTING: CallContext = {
  retry: Number.POSITIVE_INFINITY,
  retryDelay: 1000,
  shouldRetry: ({ error, signal }) => !signal?.aborted && !isSignedOut(error),
  onRetry: () => {
    setConnection("reconnecting");
    return (isBack) => setConnection(isBack ? "live" : "reconnecting");
  },
};

/** The board as a query: its data is what the events of the stream add up to. */
export const boardOptions = queryOptions({
  queryKey: orpc.board.watch.key(),
  queryFn: streamedQuery({
    streamFn: ({ signal }) => rpc.board.watch(undefined, { signal, context: RECONNECTING }),
    reducer: applyEvent,
    initialValue: [] as Board,
  }),
  staleTime: Number.POSITIVE_INFINITY,
});

export function useBoard() {
  return useQuery(boardOptions);
}
