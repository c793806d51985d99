import { useEffect, useState } from "react";

const TICK_MS = 250;

function secondsUntil(deadline: number): number {
  return Math.max(0, Math.ceil((deadline - Date.now()) / 1000));
}

/** Whole seconds left until `deadline` (milliseconds since the Unix epoch); 0 once it is past. */
export function useCountdown(deadline: number): number {
  const [, refresh] = useState(0);
  const left = secondsUntil(deadline);
  const running = left > 0;

  useEffect(() => {
    if (!running) {
      return;
    }
    const timer = setInterval(() => refresh(secondsUntil(deadline)), TICK_MS);
    return () => clearInterval(timer);
  }, [deadline, running]);

  return left;
}
