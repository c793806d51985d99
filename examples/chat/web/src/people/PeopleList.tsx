import type { People } from "../room/usePeople";
import { Avatar } from "../ui/Avatar";
import styles from "./PeopleList.module.css";

type Props = { people: People };

export function PeopleList({ people: { you, people } }: Props) {
  if (people.length === 0) {
    return <p className={styles.nobody}>People show up here once they have a name.</p>;
  }
  return (
    <ul className={styles.list}>
      {people.map(({ id, name }) => (
        <li className={styles.person} key={`${id} ${name}`} data-testid="person" data-you={id === you}>
          <Avatar name={name} size="small" />
          <span className={styles.name}>{name}</span>
          {id === you && <span className={styles.you}>you</span>}
        </li>
      ))}
    </ul>
  );
}
