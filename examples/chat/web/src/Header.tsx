import styles from "./Header.module.css";
import { PeopleButton } from "./people/PeopleButton";
import { ProfileButton } from "./profile/ProfileButton";
import type { Connection } from "./room/connection";
import type { People } from "./room/usePeople";
import { StatusPill } from "./status/StatusPill";
import { TransportSwitch } from "./transport/TransportSwitch";
import type { TransportName } from "./transport/transport";
import { Logo } from "./ui/Logo";

type Props = {
  connection: Connection;
  people: People;
  transport: TransportName;
  onTransport: (transport: TransportName) => void;
  name: string | null;
  onRename: (name: string) => void;
};

export function Header({ connection, people, transport, onTransport, name, onRename }: Props) {
  return (
    <header className={styles.header}>
      <Logo className={styles.logo} />
      <div className={styles.titles}>
        <h1 className={styles.title}>Chat room</h1>
        <div className={styles.state}>
          <StatusPill connection={connection} />
          <PeopleButton people={people} />
        </div>
      </div>
      <TransportSwitch chosen={transport} onChoose={onTransport} />
      {name !== null && <ProfileButton name={name} onRename={onRename} />}
    </header>
  );
}
