import { useQuery } from "@tanstack/react-query";
import { SignIn } from "./account/SignIn";
import { Tracker } from "./Tracker";
import { describeError } from "./rpc/describeError";
import { orpc } from "./rpc/rpc";

export function App() {
  const me = useQuery(orpc.account.me.queryOptions());
  if (me.data) {
    return <Tracker me={me.data} />;
  }
  if (me.data === null) {
    return <SignIn />;
  }
  return (
    <main className="notice" role="status">
      {me.error ? describeError(me.error) : "Loading…"}
    </main>
  );
}
