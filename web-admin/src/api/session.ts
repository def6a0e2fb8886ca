import { queryOptions, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { client, dataOf, type Schemas } from "./client";
import { problemOf } from "./problem";
import { csrf } from "./send";

export type Session = Schemas["Session"];
export type Scope = Schemas["Scope"];
/** What one may need: a scope of the role, or to run the platform. */
export type Right = Scope | "operator";

export const SCOPES: Scope[] = [
  "pin:send",
  "pin:verify",
  "config:read",
  "config:write",
  "reports:read",
  "keys:manage",
  "members:manage",
  "audit:read",
  "alerts:manage",
  "recipients:reveal",
  "tenant:manage",
];

/** Who is signed in, or nobody. Everything that changes it answers with the new one. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: 60_000,
  queryFn: async (): Promise<Session | null> => {
    try {
      return keep(await dataOf(client.GET("/v1/session")));
    } catch (error) {
      if (problemOf(error).status === 401) return null;
      throw error;
    }
  },
});

/** Takes the proof out of a session, for the changes to come. */
export function keep(session: Session): Session {
  csrf.token = session.csrfToken;
  return session;
}

/** Puts a changed session in the place of the one before. */
export function useSessionChange() {
  const queries = useQueryClient();
  return (session: Session | null) => {
    if (session) keep(session);
    else csrf.token = "";
    queries.setQueryData(sessionQuery.queryKey, session);
  };
}

export class NotSignedIn extends Error {}

/** The session inside the console. Those who run the platform may belong to no tenant. */
export function useSession() {
  const { data } = useSuspenseQuery(sessionQuery);
  if (!data) throw new NotSignedIn();
  return data;
}

/** Whether the person's role allows something. The server decides; this only spares people a refusal. */
export function useMay() {
  const { data } = useSuspenseQuery(sessionQuery);
  const rights = new Set<string>(data?.tenant?.scopes);
  if (data?.isOperator) rights.add("operator");
  return (right: Right) => rights.has(right);
}
