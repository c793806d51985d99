import { useState } from "react";
import type { People } from "../room/usePeople";
import { Dialog } from "../ui/Dialog";
import styles from "./PeopleButton.module.css";
import { RoomPanel } from "./RoomPanel";

type Props = { people: People };

/** The number of people in the room. Opens the panel that wide screens show beside the conversation. */
export function PeopleButton({ people }: Props) {
  const [open, setOpen] = useState(false);
  const count = people.people.length;

  return (
    <>
      <button
        className={styles.button}
        type="button"
        data-testid="people-count"
        title="Who is here, and about this room"
        onClick={() => setOpen(true)}
      >
        {count} here
      </button>
      {open && (
        <Dialog label="About this room" closeLabel="Close" onClose={() => setOpen(false)}>
          {() => <RoomPanel people={people} />}
        </Dialog>
      )}
    </>
  );
}
