import styles from "./Header.module.css";
import { ProfileButton } from "./profile/ProfileButton";
import type { Connection } from "./room/connection";
import { StatusPill } from "./status/StatusPill";
import { Logo } from "./ui/Logo";

type Props = {
  connection: Connection;
  name: string | null;
  onRename: (name: string) => void;
};

export function Header({ connection, name, onRename }: Props) {
  return (
    <header className={styles.header}>
      <Logo className={styles.logo} />
      <div className={styles.titles}>
        <h1 className={styles.title}>Chat room</h1>
        <StatusPill connection={connection} />
      </div>
      {name !== null && <ProfileButton name={name} onRename={onRename} />}
    </header>
  );
}
