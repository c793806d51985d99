import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef } from "react";
import type { Connection } from "../room/connection";
import type { Rpc } from "../rpc";
import { CharacterCount } from "./CharacterCount";
import styles from "./Composer.module.css";
import { ComposerError } from "./ComposerError";
import { COUNTER_FROM, countCharacters } from "./limits";
import { SendButton } from "./SendButton";
import { useAutosize } from "./useAutosize";
import { useDraft } from "./useDraft";
import { useProblem } from "./useProblem";
import { useSend } from "./useSend";

type Props = { rpc: Rpc; name: string; connection: Connection; onSent: () => void };

export function Composer({ rpc, name, connection, onSent }: Props) {
  const [draft, setDraft] = useDraft();
  const { sending, failure, send, dismissFailure, dismissUnreachable } = useSend(rpc, name);
  const textarea = useRef<HTMLTextAreaElement>(null);
  const errorId = useId();

  const message = draft.trim();
  const count = countCharacters(message);
  const problem = useProblem(count, failure);
  const sendable = count > 0 && !problem.blocking && !sending;

  useAutosize(textarea, draft);

  // With the connection back, the message can be sent again as it stands.
  const live = connection.state === "live";
  useEffect(() => {
    if (live) {
      dismissUnreachable();
    }
  }, [live, dismissUnreachable]);

  function edit(next: string) {
    setDraft(next);
    if (failure && failure.kind !== "rate-limited") {
      dismissFailure();
    }
  }

  async function submit() {
    if (!sendable) {
      return;
    }
    textarea.current?.focus();
    if (await send(message)) {
      setDraft("");
      onSent();
    }
  }

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    void submit();
  }

  function onKeyDown(event: KeyboardEvent) {
    // Enter also confirms a word in an input method, which must not send the message.
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void submit();
    }
  }

  return (
    <form className={styles.form} onSubmit={onSubmit} aria-label="Write a message">
      <div className={styles.field} data-invalid={problem.text !== null}>
        <textarea
          className={styles.textarea}
          ref={textarea}
          data-testid="composer"
          aria-label="Message"
          aria-describedby={problem.text === null ? undefined : errorId}
          aria-invalid={problem.invalid}
          placeholder="Write a message"
          rows={1}
          value={draft}
          // Not disabled: that would take the focus away on every message.
          readOnly={sending}
          onChange={(event) => edit(event.target.value)}
          onKeyDown={onKeyDown}
          enterKeyHint="send"
          autoFocus
        />
        <SendButton disabled={!sendable} busy={sending} />
      </div>
      <div className={styles.below} data-empty={problem.text === null && count < COUNTER_FROM}>
        <ComposerError id={errorId} text={problem.text} announcement={problem.announcement} />
        {problem.text === null && (
          <p className={styles.hint}>
            <kbd>Enter</kbd> to send, <kbd>Shift</kbd> + <kbd>Enter</kbd> for a new line
          </p>
        )}
        <CharacterCount count={count} />
      </div>
    </form>
  );
}
