import { dayLabel } from "../ui/time";
import styles from "./DaySeparator.module.css";

type Props = { at: number };

export function DaySeparator({ at }: Props) {
  return (
    <p className={styles.separator}>
      <span>{dayLabel(at)}</span>
    </p>
  );
}
