import type { Room } from "../room/useRoom";
import { ConnectionNotice } from "../status/ConnectionNotice";
import styles from "./Conversation.module.css";
import { EmptyState } from "./EmptyState";
import { JumpToLatest } from "./JumpToLatest";
import { Timeline } from "./Timeline";
import type { StickyScroll } from "./useStickToBottom";

type Props = { room: Room; joined: boolean; scroll: StickyScroll };

export function Conversation({ room, joined, scroll }: Props) {
  const { list, connection, people } = room;
  const silent = list.every((entry) => entry.type !== "message");
  const reconnecting = connection.state === "reconnecting";

  return (
    <div className={styles.frame}>
      <div
        className={styles.viewport}
        ref={scroll.viewport}
        role="log"
        aria-live="polite"
        aria-label="Messages"
        tabIndex={0}
        data-testid="messages"
        data-notice={reconnecting}
      >
        <div className={styles.content} ref={scroll.content}>
          {silent && connection.state === "live" && <EmptyState joined={joined} />}
          {list.length > 0 && <Timeline entries={list} ownId={people.you} />}
        </div>
      </div>
      {reconnecting && (
        <div className={styles.top}>
          <ConnectionNotice connection={connection} onRetry={room.retryNow} />
        </div>
      )}
      {!scroll.pinned && (
        <div className={styles.bottom}>
          <JumpToLatest unread={scroll.unread} onJump={scroll.toLatest} />
        </div>
      )}
    </div>
  );
}
