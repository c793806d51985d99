import { ORPCError } from "@orpc/client";
import { StandardRPCJsonSerializer } from "@orpc/client/standard";
import { hashKey, matchQuery, MutationCache, QueryCache, QueryClient, type QueryKey } from "@tanstack/react-query";
import { orpc } from "./rpc";

const serializer = new StandardRPCJsonSerializer();

/** The hash of a key with values that JSON lacks: the ids are bigints. */
function queryKeyHashFn(key: QueryKey): string {
  const [json, types] = serializer.serialize(key);
  return hashKey([json, types]);
}

function onError(error: Error) {
  if (isSignedOut(error)) {
    forgetSession();
  }
}

/** Keeps nothing of a session that has ended, and asks who is signed in: nobody, or somebody by another tab. */
export function forgetSession() {
  const me = { queryKey: orpc.account.me.key() };
  queryClient.removeQueries({ predicate: (query) => !matchQuery(me, query) });
  void queryClient.resetQueries(me);
}

/** Returns `true` if the server knows no session of this browser. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ORPCError && error.code === "UNAUTHORIZED";
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      queryKeyHashFn,
      // The server refuses the same call again.
      retry: (failures, error) => failures < 3 && !(error instanceof ORPCError),
    },
  },
});
