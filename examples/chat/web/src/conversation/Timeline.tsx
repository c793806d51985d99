import { memo, useMemo } from "react";
import type { Entry } from "../room/entries";
import { buildTimeline } from "./buildTimeline";
import { DaySeparator } from "./DaySeparator";
import { MessageGroup } from "./MessageGroup";
import styles from "./Timeline.module.css";

type Props = { entries: readonly Entry[]; ownName: string | null };

export const Timeline = memo(function Timeline({ entries, ownName }: Props) {
  const items = useMemo(() => buildTimeline(entries), [entries]);

  return (
    <div className={styles.timeline}>
      {items.map((item) =>
        item.kind === "day" ? (
          <DaySeparator key={item.key} at={item.at} />
        ) : (
          <MessageGroup key={item.key} group={item} own={item.name === ownName} />
        ),
      )}
    </div>
  );
});
