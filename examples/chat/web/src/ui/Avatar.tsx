import styles from "./Avatar.module.css";
import { hueStyle } from "./hue";
import { initials } from "./initials";

type Props = { name: string; size?: "small" | "medium" | "large" };

/** Decorative: the name always stands next to it as text. */
export function Avatar({ name, size = "medium" }: Props) {
  return (
    <span className={styles.avatar} data-size={size} style={hueStyle(name)} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
