import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { describeError } from "../rpc/describeError";
import { orpc } from "../rpc/rpc";
import styles from "./NewIssue.module.css";

export function NewIssue() {
  const [title, setTitle] = useState("");
  const queries = useQueryClient();
  const create = useMutation(
    orpc.issues.create.mutationOptions({
      onSuccess: () => {
        setTitle("");
        queries.invalidateQueries({ queryKey: orpc.issues.key() });
      },
    }),
  );

  function submit(event: FormEvent) {
    event.preventDefault();
    create.mutate({ title: title.trim() });
  }

  return (
    <form className={styles.form} onSubmit={submit}>
      <label className="visually-hidden" htmlFor="new-issue">
        Title of a new issue
      </label>
      <input
        id="new-issue"
        className="input"
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
        placeholder="What is to be done?"
        maxLength={120}
        required
        autoComplete="off"
      />
      <button className="button primary" disabled={create.isPending}>
        Add issue
      </button>
      {create.error && (
        <p className="error" role="alert">
          {describeError(create.error)}
        </p>
      )}
    </form>
  );
}
