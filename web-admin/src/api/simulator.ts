import { queryOptions } from "@tanstack/react-query";
import { send } from "./send";

interface PhoneMessage {
  id: string;
  channel: string;
  from: string;
  to: string;
  text: string;
  subject?: string;
  received_at: string;
}

/** What the simulated phone of a recipient got, newest first. The simulator is no part of the API's document. */
export const phoneQuery = (to: string) =>
  queryOptions({
    queryKey: ["phone", to],
    enabled: to !== "",
    retry: false,
    refetchInterval: 1000,
    queryFn: async () => {
      const path = `/simulator/api/messages?${new URLSearchParams({ to })}`;
      const answer = await send(new Request(new URL(path, window.location.origin)));
      const { messages }: { messages: PhoneMessage[] } = await answer.json();
      return messages;
    },
  });
