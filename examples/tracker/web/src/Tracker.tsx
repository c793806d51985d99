import type { Person } from "./client";
import { Board } from "./board/Board";
import { useBoard } from "./board/useBoard";
import { IssueDialog } from "./issue/IssueDialog";
import { IssueList } from "./issues/IssueList";
import { Header } from "./layout/Header";
import { useRoute } from "./layout/useRoute";
import { People } from "./people/People";

/** The page of somebody who is signed in. */
export function Tracker({ me }: { me: Person }) {
  const route = useRoute();
  // One stream for all pages, also for those that do not show the board.
  useBoard();
  return (
    <>
      <Header me={me} page={route.page} />
      <main>
        {route.page === "board" && <Board />}
        {route.page === "issues" && <IssueList />}
        {route.page === "people" && <People />}
      </main>
      {route.issue !== undefined && <IssueDialog key={String(route.issue)} id={route.issue} me={me} page={route.page} />}
    </>
  );
}
