import styles from "./JoinCard.module.css";
import { NameForm } from "./NameForm";

type Props = { onJoin: (name: string) => void };

/** Takes the place of the composer, so that a visitor can read before choosing a name. */
export function JoinCard({ onJoin }: Props) {
  return (
    <section className={styles.card} aria-label="Join the room">
      <NameForm
        title="What should we call you?"
        hint="Everyone in the room sees this name. You can change it at any time."
        saveLabel="Join"
        onSave={onJoin}
      />
    </section>
  );
}
