import { useCallback, useState } from "react";
import type { Rpc } from "../rpc";
import { type SendFailure, sendMessage } from "./sendMessage";

export type Sender = {
  sending: boolean;
  failure: SendFailure | null;
  /** Resolves to `true` once the message is in the room, to `false` if it cannot be sent. */
  send: (message: string) => Promise<boolean>;
  dismissFailure: () => void;
  /** Dismisses a failure that was one of the connection. */
  dismissUnreachable: () => void;
};

export function useSend(rpc: Rpc, name: string): Sender {
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<SendFailure | null>(null);

  async function send(message: string): Promise<boolean> {
    setSending(true);
    const failed = await sendMessage(rpc, name, message);
    setFailure(failed);
    setSending(false);
    return failed === null;
  }

  const dismissFailure = useCallback(() => setFailure(null), []);
  const dismissUnreachable = useCallback(() => {
    setFailure((last) => (last?.kind === "unreachable" ? null : last));
  }, []);

  return { sending, failure, send, dismissFailure, dismissUnreachable };
}
