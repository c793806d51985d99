import { isDefinedError, safe } from "@orpc/client";
import { api } from "./api";

/** Returns an element of the page. */
function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found as T;
}

/** Returns the text of an error: the issues of an invalid input, otherwise its message. */
function text(error: Error): string {
  const { issues } = (error as { data?: { issues?: { message: string }[] } }).data ?? {};
  return issues?.map((issue) => issue.message).join("; ") ?? error.message;
}

const greeting = element("greeting");
element("greet").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { error, data } = await safe(api.greet({ name: element<HTMLInputElement>("name").value }));
  greeting.textContent = error ? text(error) : data;
});

const numbers = element("numbers");
let running: AbortController | undefined;
element("countdown").addEventListener("submit", async (event) => {
  event.preventDefault();
  // A second start ends the first countdown.
  running?.abort();
  const controller = (running = new AbortController());
  numbers.textContent = "";
  const from = element<HTMLInputElement>("from").valueAsNumber;
  const { error, data } = await safe(api.countdown(from, { signal: controller.signal }));
  if (error) {
    // A declared error has its code as a type.
    numbers.textContent = isDefinedError(error) ? `${error.code}: ${error.message}` : text(error);
    return;
  }
  try {
    for await (const number of data) numbers.textContent += `${number} `;
  } catch (failure) {
    if (!controller.signal.aborted) numbers.textContent += text(failure as Error);
  }
});
