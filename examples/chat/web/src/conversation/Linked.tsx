import styles from "./Linked.module.css";
import { splitLinks } from "./splitLinks";

type Props = { text: string };

/** A text whose addresses are links. */
export function Linked({ text }: Props) {
  return splitLinks(text).map(({ text, isLink }, index) =>
    isLink ? (
      // The parts of a message never change: their places can be their keys.
      <a className={styles.link} key={index} href={text} target="_blank" rel="noopener noreferrer nofollow ugc">
        {text}
      </a>
    ) : (
      text
    ),
  );
}
