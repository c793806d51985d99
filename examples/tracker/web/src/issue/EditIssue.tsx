import { isDefinedError } from "@orpc/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { replace } from "../board/board";
import { boardOptions } from "../board/useBoard";
import type { Issue } from "../client";
import { describeError } from "../rpc/describeError";
import { orpc } from "../rpc/rpc";
import styles from "./IssueDialog.module.css";

/** Title and text. The server refuses them if somebody else has changed them meanwhile. */
export function EditIssue({ issue }: { issue: Issue }) {
  // The text that is edited, which a change by others does not replace.
  const [edited, setEdited] = useState(issue);
  const queries = useQueryClient();
  const edit = useMutation(
    orpc.issues.edit.mutationOptions({
      onSuccess: (saved) => {
        setEdited(saved);
        queries.setQueryData(boardOptions.queryKey, (board) => board && replace(board, saved));
        queries.invalidateQueries({ queryKey: orpc.issues.key() });
      },
    }),
  );

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [title, body] = [String(form.get("title")).trim(), String(form.get("body"))];
    edit.mutate({ id: issue.id, revision: edited.revision, title, body });
  }

  function takeTheirs() {
    edit.reset();
    setEdited(issue);
  }

  return (
    <form className={styles.section} key={edited.revision} onSubmit={submit}>
      <label className="field">
        Title
        <input name="title" defaultValue={edited.title} required maxLength={120} autoComplete="off" />
      </label>
      <label className="field">
        Description
        <textarea name="body" defaultValue={edited.body} rows={3} maxLength={10_000} />
      </label>
      {edit.error && (
        <p className="error" role="alert">
          {describeError(edit.error)}
        </p>
      )}
      <div className={styles.row}>
        <button className="button" disabled={edit.isPending}>
          Save
        </button>
        {isDefinedError(edit.error) && edit.error.code === "CHANGED_MEANWHILE" && (
          <button className="button" type="button" onClick={takeTheirs}>
            Show their text
          </button>
        )}
      </div>
    </form>
  );
}
