import { type MouseEvent, useEffect, useRef } from "react";
import { NameForm } from "./NameForm";
import styles from "./ProfileDialog.module.css";

type Props = {
  name: string;
  onRename: (name: string) => void;
  onClose: () => void;
};

export function ProfileDialog({ name, onRename, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  function save(next: string) {
    onRename(next);
    // Closing natively first lets the browser give the focus back.
    dialog.current?.close();
  }

  function closeOnBackdrop(event: MouseEvent) {
    // The content fills the dialog, so only the backdrop has the dialog itself as target.
    if (event.target === dialog.current) {
      dialog.current.close();
    }
  }

  return (
    <dialog
      className={styles.dialog}
      ref={dialog}
      aria-label="Change your name"
      onClick={closeOnBackdrop}
      onClose={onClose}
    >
      <div className={styles.content}>
        <NameForm
          title="Change your name"
          hint="Messages you have already sent keep the old one."
          saveLabel="Save"
          initialName={name}
          onSave={save}
        />
        <button className={styles.cancel} type="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
