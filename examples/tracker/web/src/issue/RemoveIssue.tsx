import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Issue } from "../client";
import { describeError } from "../rpc/describeError";
import { orpc } from "../rpc/rpc";

export function RemoveIssue({ issue, onRemoved }: { issue: Issue; onRemoved: () => void }) {
  const queries = useQueryClient();
  const remove = useMutation(
    orpc.issues.remove.mutationOptions({
      onSuccess: () => {
        onRemoved();
        queries.invalidateQueries({ queryKey: orpc.issues.key() });
      },
    }),
  );
  return (
    <div>
      <button className="button danger" type="button" disabled={remove.isPending} onClick={() => remove.mutate(issue.id)}>
        Remove this issue
      </button>
      {remove.error && (
        <p className="error" role="alert">
          {describeError(remove.error)}
        </p>
      )}
    </div>
  );
}
