import { Dialog } from "../ui/Dialog";
import { NameForm } from "./NameForm";

type Props = {
  name: string;
  onRename: (name: string) => void;
  onClose: () => void;
};

export function ProfileDialog({ name, onRename, onClose }: Props) {
  return (
    <Dialog label="Change your name" closeLabel="Cancel" onClose={onClose}>
      {(close) => (
        <NameForm
          title="Change your name"
          hint="Messages you have already sent keep the old one."
          saveLabel="Save"
          initialName={name}
          onSave={(next) => {
            onRename(next);
            close();
          }}
        />
      )}
    </Dialog>
  );
}
