import { useState } from "react";
import { Avatar } from "../ui/Avatar";
import styles from "./ProfileButton.module.css";
import { ProfileDialog } from "./ProfileDialog";

type Props = { name: string; onRename: (name: string) => void };

export function ProfileButton({ name, onRename }: Props) {
  const [editing, setEditing] = useState(false);

  return (
    <>
      <button
        className={styles.button}
        type="button"
        data-testid="name-edit"
        title="Change your name"
        onClick={() => setEditing(true)}
      >
        <span className={styles.name} aria-hidden>
          {name}
        </span>
        <span className="visually-hidden">{name}: change your name</span>
        <Avatar name={name} size="small" />
      </button>
      {editing && <ProfileDialog name={name} onRename={onRename} onClose={() => setEditing(false)} />}
    </>
  );
}
