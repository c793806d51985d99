import { ORPCError } from "@orpc/client";
import { StandardRPCJsonSerializer } from "@orpc/client/standard";
import { hashKey, MutationCache, QueryCache, QueryClient, type QueryKey } from "@tanstack/react-query";
import { orpc } from "./rpc";

const serializer = new StandardRPCJsonSerializer();

/** The hash of a key with values that JSON lacks: the ids are bigints. */
function queryKeyHashFn(key: QueryKey): string {
  const [json, types] = serializer.serialize(key);
  return hashKey([json, types]);
}

/** Shows the sign-in when a session has ended. */
function onError(error: Error) {
  if (isSignedOut(error)) {
    queryClient.setQueryData(orpc.account.me.queryKey(), null);
  }
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
