import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import type { Issue, Person } from "../client";
import { describeError } from "../rpc/describeError";
import { orpc } from "../rpc/rpc";
import { Time } from "../ui/Time";
import styles from "./IssueDialog.module.css";

export function Comments({ issue, me }: { issue: Issue; me: Person }) {
  const queries = useQueryClient();
  const pages = useInfiniteQuery(
    orpc.comments.list.infiniteOptions({
      input: (after: bigint | null) => ({ issue: issue.id, after }),
      initialPageParam: null,
      getNextPageParam: (page) => page.next,
    }),
  );
  const remove = useMutation(orpc.comments.remove.mutationOptions());
  const comments = pages.data?.pages.flatMap((page) => page.items) ?? [];

  // The board tells of each change of an issue, so that only this has to be read again.
  useEffect(() => {
    queries.invalidateQueries({ queryKey: orpc.comments.key() });
  }, [queries, issue.comments]);

  return (
    <section className={styles.section} aria-labelledby="comments">
      <h3 id="comments">Comments</h3>
      <ul className={styles.list}>
        {comments.map((comment) => (
          <li key={String(comment.id)}>
            <div className={styles.head}>
              <p className="muted">
                {comment.author}, <Time at={comment.createdAt} />
              </p>
              {(comment.author === me.name || me.role === "admin") && (
                <button
                  className="button quiet small"
                  type="button"
                  aria-label={`Remove the comment ${comment.text}`}
                  onClick={() => remove.mutate(comment.id)}
                >
                  Remove
                </button>
              )}
            </div>
            <p className={styles.text}>{comment.text}</p>
          </li>
        ))}
      </ul>
      {pages.hasNextPage && (
        <div>
          <button className="button" type="button" disabled={pages.isFetching} onClick={() => pages.fetchNextPage()}>
            Show more
          </button>
        </div>
      )}
      <AddComment issue={issue} />
    </section>
  );
}

function AddComment({ issue }: { issue: Issue }) {
  const [text, setText] = useState("");
  const add = useMutation(orpc.comments.add.mutationOptions({ onSuccess: () => setText("") }));

  function submit(event: FormEvent) {
    event.preventDefault();
    add.mutate({ issue: issue.id, text: text.trim() });
  }

  return (
    <form className={styles.section} onSubmit={submit}>
      <label className="field">
        Your comment
        <textarea
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          rows={2}
          required
          maxLength={5_000}
        />
      </label>
      {add.error && (
        <p className="error" role="alert">
          {describeError(add.error)}
        </p>
      )}
      <div>
        <button className="button" disabled={add.isPending}>
          Comment
        </button>
      </div>
    </form>
  );
}
