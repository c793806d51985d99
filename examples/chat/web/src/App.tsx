import styles from "./App.module.css";
import { Composer } from "./composer/Composer";
import { Conversation } from "./conversation/Conversation";
import { useStickToBottom } from "./conversation/useStickToBottom";
import { Header } from "./Header";
import { RoomPanel } from "./people/RoomPanel";
import { JoinCard } from "./profile/JoinCard";
import { useName } from "./profile/useName";
import { useRoom } from "./room/useRoom";
import { TRANSPORTS } from "./transport/transport";
import { useTransport } from "./transport/useTransport";

export function App() {
  const [name, setName] = useName();
  const [transportName, chooseTransport] = useTransport();
  const transport = TRANSPORTS[transportName];
  const room = useRoom(transport, name);
  const scroll = useStickToBottom(room.received);

  return (
    <div className={styles.app}>
      <Header
        connection={room.connection}
        people={room.people}
        transport={transportName}
        onTransport={chooseTransport}
        name={name}
        onRename={setName}
      />
      <main className={styles.main}>
        <Conversation room={room} joined={name !== null} scroll={scroll} />
        <div className={styles.footer}>
          {name === null ? (
            <JoinCard onJoin={setName} />
          ) : (
            <Composer rpc={transport.rpc} name={name} connection={room.connection} onSent={scroll.toLatest} />
          )}
        </div>
      </main>
      <aside className={styles.panel} aria-label="About this room">
        <RoomPanel people={room.people} />
      </aside>
    </div>
  );
}
