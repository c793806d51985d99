import styles from "./JumpToLatest.module.css";

type Props = { unread: number; onJump: () => void };

function label(unread: number): string {
  if (unread === 0) {
    return "Jump to latest";
  }
  return unread === 1 ? "1 new message" : `${unread} new messages`;
}

export function JumpToLatest({ unread, onJump }: Props) {
  return (
    <button
      className={styles.jump}
      type="button"
      data-testid="jump-to-latest"
      data-unread={unread > 0}
      onClick={onJump}
    >
      {label(unread)}
      <svg className={styles.arrow} viewBox="0 0 16 16" aria-hidden="true">
        <path d="M8 3v10M3.5 8.5 8 13l4.5-4.5" />
      </svg>
    </button>
  );
}
