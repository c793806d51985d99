import { type RefObject, useLayoutEffect } from "react";

/** Grows a textarea with its text; its maximum height is up to CSS. */
export function useAutosize(textarea: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = textarea.current;
    if (element) {
      element.style.height = "auto";
      element.style.height = `${element.scrollHeight}px`;
    }
  }, [textarea, text]);
}
