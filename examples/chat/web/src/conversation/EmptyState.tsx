import styles from "./EmptyState.module.css";

type Props = { joined: boolean };

export function EmptyState({ joined }: Props) {
  return (
    <div className={styles.empty}>
      <svg className={styles.picture} viewBox="0 0 120 84" aria-hidden="true">
        <path
          className={styles.theirs}
          d="M16 4h52a12 12 0 0 1 12 12v16a12 12 0 0 1-12 12H26L10 54V43.4A12 12 0 0 1 4 32V16A12 12 0 0 1 16 4Z"
        />
        <path
          className={styles.ours}
          d="M56 30h48a12 12 0 0 1 12 12v16a12 12 0 0 1-6 10.4V80L94 70H56a12 12 0 0 1-12-12V42a12 12 0 0 1 12-12Z"
        />
        <path className={styles.dots} d="M66 50h.01M80 50h.01M94 50h.01" />
      </svg>
      <h2 className={styles.title}>Nobody has said anything yet</h2>
      <p className={styles.hint}>
        {joined
          ? "Write the first message; everyone in the room sees it at once."
          : "Pick a name below and start the conversation."}
      </p>
    </div>
  );
}
