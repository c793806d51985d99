import { useMutation } from "@tanstack/react-query";
import type { Person } from "../client";
import { useConnection } from "../board/connection";
import { forgetSession } from "../rpc/queryClient";
import { orpc } from "../rpc/rpc";
import styles from "./Header.module.css";
import { hrefOf, type Page } from "./useRoute";

const TITLES: Record<Page, string> = { board: "Board", issues: "All issues", people: "People" };

export function Header({ me, page }: { me: Person; page: Page }) {
  const signOut = useMutation(orpc.account.signOut.mutationOptions({ onSuccess: forgetSession }));
  const pages: Page[] = me.role === "admin" ? ["board", "issues", "people"] : ["board", "issues"];

  return (
    <header className={styles.header}>
      <div className={styles.brand}>
        <img src="/favicon.svg" alt="" width="28" height="28" />
        <span>Issue tracker</span>
      </div>
      <nav className={styles.nav} aria-label="Pages">
        {pages.map((name) => (
          <a key={name} href={hrefOf(name)} aria-current={name === page ? "page" : undefined}>
            {TITLES[name]}
          </a>
        ))}
      </nav>
      <div className={styles.account}>
        <Connection />
        <span className={styles.name}>{me.name}</span>
        <button className="button quiet" type="button" onClick={() => signOut.mutate(undefined)}>
          Sign out
        </button>
      </div>
    </header>
  );
}

function Connection() {
  const connection = useConnection();
  return (
    <span className={styles.connection} role="status" data-state={connection}>
      {connection === "live" ? "Live" : "Reconnecting"}
    </span>
  );
}
