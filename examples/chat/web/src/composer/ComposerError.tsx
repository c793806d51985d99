import styles from "./ComposerError.module.css";

type Props = {
  id: string;
  text: string | null;
  /** Read out once; a countdown would otherwise be read out every second. */
  announcement: string | null;
};

export function ComposerError({ id, text, announcement }: Props) {
  return (
    <>
      {text !== null && (
        <p className={styles.error} id={id} data-testid="error">
          {text}
        </p>
      )}
      <span className="visually-hidden" role="alert">
        {announcement}
      </span>
    </>
  );
}
