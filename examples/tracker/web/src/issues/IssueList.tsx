import { useInfiniteQuery } from "@tanstack/react-query";
import { COLUMNS } from "../board/board";
import { hrefOf } from "../layout/useRoute";
import { describeError } from "../rpc/describeError";
import { orpc } from "../rpc/rpc";
import { Time } from "../ui/Time";
import styles from "./IssueList.module.css";

/** All issues, page by page: the cursor is the id of the last one. */
export function IssueList() {
  const pages = useInfiniteQuery(
    orpc.issues.list.infiniteOptions({
      input: (after: bigint | null) => ({ after }),
      initialPageParam: null,
      getNextPageParam: (page) => page.next,
    }),
  );
  const issues = pages.data?.pages.flatMap((page) => page.items) ?? [];

  return (
    <div className={styles.page}>
      <h1>All issues</h1>
      {pages.error && (
        <p className="error" role="alert">
          {describeError(pages.error)}
        </p>
      )}
      <ul className={styles.list}>
        {issues.map((issue) => (
          <li key={String(issue.id)}>
            <a href={hrefOf("issues", issue.id)}>{issue.title}</a>
            <span className={styles.status} data-status={issue.status}>
              {COLUMNS[issue.status]}
            </span>
            <p>
              #{String(issue.id)} by {issue.author}, <Time at={issue.createdAt} />
            </p>
          </li>
        ))}
      </ul>
      {pages.data && issues.length === 0 && <p className="muted">There are no issues yet.</p>}
      {pages.hasNextPage && (
        <button className="button" type="button" disabled={pages.isFetching} onClick={() => pages.fetchNextPage()}>
          Show more
        </button>
      )}
    </div>
  );
}
