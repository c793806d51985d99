import { useState } from "react";
import type { Rpc } from "../rpc";
import { type SendFailure, sendMessage } from "./sendMessage";

export type Sender = {
  sending: boolean;
  failure: SendFailure | null;
  /** Resolves to whether the message is in the room. */
  send: (message: string) => Promise<boolean>;
  dismissFailure: () => void;
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

  return { sending, failure, send, dismissFailure: () => setFailure(null) };
}
