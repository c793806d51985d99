import { type MouseEvent, type ReactNode, useEffect, useRef } from "react";
import styles from "./Dialog.module.css";

type Props = {
  label: string;
  closeLabel: string;
  onClose: () => void;
  /** The content, given a function that closes the dialog. */
  children: (close: () => void) => ReactNode;
};

export function Dialog({ label, closeLabel, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  // Closing natively lets the browser give the focus back.
  const close = () => dialog.current?.close();

  function closeOnBackdrop(event: MouseEvent) {
    // The content fills the dialog, so only the backdrop has the dialog itself as target.
    if (event.target === dialog.current) {
      close();
    }
  }

  return (
    <dialog className={styles.dialog} ref={dialog} aria-label={label} onClick={closeOnBackdrop} onClose={onClose}>
      <div className={styles.content}>
        {children(close)}
        <button className={styles.cancel} type="button" onClick={close}>
          {closeLabel}
        </button>
      </div>
    </dialog>
  );
}
