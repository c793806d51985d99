import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { describeError } from "../rpc/describeError";
import { orpc } from "../rpc/rpc";
import styles from "./SignIn.module.css";

export function SignIn() {
  const [isNew, setNew] = useState(false);
  const queries = useQueryClient();
  const procedure = isNew ? orpc.account.signUp : orpc.account.signIn;
  const enter = useMutation(
    procedure.mutationOptions({ onSuccess: (person) => queries.setQueryData(orpc.account.me.queryKey(), person) }),
  );

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    enter.mutate({ name: String(form.get("name")), password: String(form.get("password")) });
  }

  function change() {
    enter.reset();
    setNew(!isNew);
  }

  const title = isNew ? "Create an account" : "Sign in";
  return (
    <main className={styles.page}>
      <form className={styles.card} onSubmit={submit}>
        <img src="/favicon.svg" alt="" width="40" height="40" />
        <h1>{title}</h1>
        <label className="field">
          Name
          <input name="name" required maxLength={40} autoComplete="username" autoFocus />
        </label>
        <label className="field">
          Password
          <input
            name="password"
            type="password"
            required
            minLength={10}
            maxLength={200}
            autoComplete={isNew ? "new-password" : "current-password"}
            aria-describedby="password-hint"
          />
          <small id="password-hint">At least 10 characters</small>
        </label>
        {enter.error && (
          <p className="error" role="alert">
            {describeError(enter.error)}
          </p>
        )}
        <button className="button primary" disabled={enter.isPending}>
          {title}
        </button>
        <button className="button quiet" type="button" onClick={change}>
          {isNew ? "I have an account" : "I am new here"}
        </button>
      </form>
    </main>
  );
}
