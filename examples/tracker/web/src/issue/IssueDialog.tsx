import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useBoard } from "../board/useBoard";
import type { Person } from "../client";
import { hrefOf, type Page } from "../layout/useRoute";
import { describeError } from "../rpc/describeError";
import { orpc } from "../rpc/rpc";
import { Time } from "../ui/Time";
import { Attachments } from "./Attachments";
import { Comments } from "./Comments";
import { EditIssue } from "./EditIssue";
import styles from "./IssueDialog.module.css";
import { RemoveIssue } from "./RemoveIssue";

type Props = { id: bigint; me: Person; page: Page };

/** One issue above a page. The address names it, so that it can be sent to others. */
export function IssueDialog({ id, me, page }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Live, unless the issue is older than those of the board.
  const board = useBoard();
  const live = board.data?.find((issue) => issue.id === id);
  const found = useQuery(orpc.issues.find.queryOptions({ input: id, enabled: !live && !board.isPending }));
  const issue = live ?? found.data;

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  const close = () => dialog.current?.close();

  return (
    <dialog
      className={styles.dialog}
      ref={dialog}
      aria-labelledby="issue-title"
      onClose={() => {
        location.hash = hrefOf(page);
      }}
    >
      <header className={styles.header}>
        <h2 id="issue-title">{issue ? issue.title : "Issue"}</h2>
        <button className="button quiet" type="button" onClick={close}>
          Close
        </button>
      </header>
      {issue ? (
        <div className={styles.content}>
          <p className="muted">
            #{String(issue.id)} by {issue.author}, <Time at={issue.createdAt} />
          </p>
          <EditIssue issue={issue} />
          <Attachments issue={issue} />
          <Comments issue={issue} me={me} />
          {me.role === "admin" && <RemoveIssue issue={issue} onRemoved={close} />}
        </div>
      ) : (
        <p className={styles.content} role="status">
          {found.error ? describeError(found.error) : "Loading…"}
        </p>
      )}
    </dialog>
  );
}
