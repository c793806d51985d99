import styles from "./CharacterCount.module.css";
import { COUNTER_FROM, LONGEST_MESSAGE } from "./limits";

type Props = { count: number };

export function CharacterCount({ count }: Props) {
  if (count < COUNTER_FROM) {
    return null;
  }
  return (
    <p className={styles.count} data-testid="character-count" data-over={count > LONGEST_MESSAGE}>
      {count} / {LONGEST_MESSAGE}
    </p>
  );
}
