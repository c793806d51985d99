import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** Being this close to the end counts as reading the latest message. */
const NEAR_PX = 48;

export type StickyScroll = {
  viewport: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  pinned: boolean;
  /** Number of messages that arrived since the reader scrolled away from the end. */
  unread: number;
  toLatest: () => void;
};

/** Keeps a scroll area at its end while the reader is at the end, and otherwise counts the messages that the
 * reader misses. */
export function useStickToBottom(received: number): StickyScroll {
  const viewport = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const latest = useRef({ pinned: true, received });
  const [pinned, setPinned] = useState(true);
  const [seen, setSeen] = useState(0);

  const pin = useCallback((next: boolean) => {
    if (latest.current.pinned && !next) {
      setSeen(latest.current.received);
    }
    latest.current.pinned = next;
    setPinned(next);
  }, []);

  const toLatest = useCallback(() => {
    pin(true);
    viewport.current?.scrollTo({ top: viewport.current.scrollHeight });
  }, [pin]);

  useLayoutEffect(() => {
    latest.current.received = received;
    if (latest.current.pinned) {
      viewport.current?.scrollTo({ top: viewport.current.scrollHeight });
    }
  }, [received]);

  useEffect(() => {
    const area = viewport.current;
    if (!area || !content.current) {
      return;
    }
    const toEnd = () => area.scrollTo({ top: area.scrollHeight });
    const sizes = () => `${area.scrollHeight} ${area.clientHeight}`;
    let known = sizes();

    const onScroll = () => {
      // An event that comes with new sizes tells nothing of the reader.
      const isResized = sizes() !== known;
      known = sizes();
      if (isResized && latest.current.pinned) {
        toEnd();
      } else {
        pin(area.scrollHeight - area.scrollTop - area.clientHeight <= NEAR_PX);
      }
    };
    area.addEventListener("scroll", onScroll, { passive: true });

    // A growing composer, an on-screen keyboard or a rotated phone change the sizes without a scroll event.
    const resized = new ResizeObserver(() => {
      known = sizes();
      if (latest.current.pinned) {
        toEnd();
      }
    });
    resized.observe(area);
    // Its padding counts too: a notice on top makes it grow.
    resized.observe(content.current, { box: "border-box" });

    return () => {
      area.removeEventListener("scroll", onScroll);
      resized.disconnect();
    };
  }, [pin]);

  return { viewport, content, pinned, unread: pinned ? 0 : received - seen, toLatest };
}
