import { memo, useMemo } from "react";
import type { Entry } from "../room/entries";
import { buildTimeline, type TimelineItem } from "./buildTimeline";
import { DaySeparator } from "./DaySeparator";
import { MessageGroup } from "./MessageGroup";
import { Notices } from "./Notices";
import styles from "./Timeline.module.css";

type Props = { entries: readonly Entry[]; ownId: string | null };

export const Timeline = memo(function Timeline({ entries, ownId }: Props) {
  const items = useMemo(() => buildTimeline(entries), [entries]);

  function show(item: TimelineItem) {
    switch (item.kind) {
      case "day":
        return <DaySeparator key={item.key} at={item.at} />;
      case "notices":
        return <Notices key={item.key} notices={item} ownId={ownId} />;
      case "group":
        return <MessageGroup key={item.key} group={item} own={item.from.id === ownId} />;
    }
  }

  return <div className={styles.timeline}>{items.map(show)}</div>;
});
