import { queryOptions } from "@tanstack/react-query";
import { call } from "./own";

export interface PhoneMessage {
  id: string;
  channel: string;
  from: string;
  to: string;
  text: string;
  subject?: string;
  received_at: string;
}

/** What the simulated phone of a recipient got, newest first. */
export const phoneQuery = (to: string) =>
  queryOptions({
    queryKey: ["phone", to],
    enabled: to !== "",
    retry: false,
    refetchInterval: 1000,
    queryFn: async () =>
      (await call<{ messages: PhoneMessage[] }>("GET", `/simulator/api/messages?${new URLSearchParams({ to })}`))
        .messages,
  });
