import styles from "./SendButton.module.css";

type Props = { disabled: boolean; busy: boolean };

export function SendButton({ disabled, busy }: Props) {
  return (
    <button
      className={styles.button}
      type="submit"
      data-testid="send"
      disabled={disabled}
      data-busy={busy}
      aria-label="Send"
      title="Send"
    >
      <svg className={styles.icon} viewBox="0 0 20 20" aria-hidden="true">
        <path d="M10 16V4M4.75 9.25 10 4l5.25 5.25" />
      </svg>
    </button>
  );
}
