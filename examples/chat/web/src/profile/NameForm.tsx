import { type FormEvent, useId, useState } from "react";
import { Avatar } from "../ui/Avatar";
import styles from "./NameForm.module.css";
import { cleanName, LONGEST_NAME } from "./names";

type Props = {
  title: string;
  hint: string;
  saveLabel: string;
  initialName?: string;
  onSave: (name: string) => void;
};

export function NameForm({ title, hint, saveLabel, initialName = "", onSave }: Props) {
  const [input, setInput] = useState(initialName);
  const inputId = useId();
  const hintId = useId();
  const name = cleanName(input);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (name !== null) {
      onSave(name);
    }
  }

  return (
    <form className={styles.form} onSubmit={submit}>
      <Avatar name={name ?? "?"} size="large" />
      <div className={styles.words}>
        <label className={styles.title} htmlFor={inputId}>
          {title}
        </label>
        <p className={styles.hint} id={hintId}>
          {hint}
        </p>
      </div>
      <div className={styles.controls}>
        <input
          className={styles.input}
          id={inputId}
          data-testid="name-input"
          value={input}
          onChange={(event) => setInput(event.target.value)}
          aria-describedby={hintId}
          maxLength={LONGEST_NAME}
          placeholder="Your name"
          autoComplete="nickname"
          autoCapitalize="words"
          spellCheck={false}
          enterKeyHint="done"
          autoFocus
        />
        <button className={styles.save} data-testid="name-save" type="submit" disabled={name === null}>
          {saveLabel}
        </button>
      </div>
    </form>
  );
}
