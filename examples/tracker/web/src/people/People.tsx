import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Role } from "../client";
import { describeError } from "../rpc/describeError";
import { orpc } from "../rpc/rpc";
import { Time } from "../ui/Time";
import styles from "./People.module.css";

/** Everybody and their roles, for admins. */
export function People() {
  const queries = useQueryClient();
  const people = useQuery(orpc.people.list.queryOptions());
  const setRole = useMutation(
    orpc.people.setRole.mutationOptions({
      // Roles may be those of the admin as well.
      onSettled: () =>
        Promise.all([
          queries.invalidateQueries({ queryKey: orpc.people.key() }),
          queries.invalidateQueries({ queryKey: orpc.account.key() }),
        ]),
    }),
  );
  const error = people.error ?? setRole.error;

  return (
    <div className={styles.page}>
      <h1>People</h1>
      {error && (
        <p className="error" role="alert">
          {describeError(error)}
        </p>
      )}
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Since</th>
            <th scope="col">Role</th>
          </tr>
        </thead>
        <tbody>
          {people.data?.map((person) => (
            <tr key={String(person.id)}>
              <th scope="row">{person.name}</th>
              <td>
                <Time at={person.joinedAt} precision={Time.DAY} />
              </td>
              <td>
                <select
                  className="input"
                  aria-label={`Role of ${person.name}`}
                  value={person.role}
                  disabled={setRole.isPending}
                  onChange={(event) => setRole.mutate({ id: person.id, role: event.currentTarget.value as Role })}
                >
                  <option value="admin">Admin</option>
                  <option value="member">Member</option>
                </select>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
