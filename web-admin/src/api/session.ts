import { queryOptions, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { call } from "./own";
import { problemOf } from "./problem";
import { csrf } from "./send";

export const SCOPES = [
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
] as const;
export type Scope = (typeof SCOPES)[number];
/** What one may need: a scope of the role, or to run the platform. */
export type Right = Scope | "operator";

export type Method = "totp" | "recovery_code" | "passkey";

export interface Membership {
  id: string;
  name: string;
  slug: string;
  role: string;
  suspended?: boolean;
}

export interface Session {
  state: "signed_in" | "second_factor_required" | "second_factor_enrolment_required";
  methods: Method[];
  person: { id: string; email: string; name: string; managed: boolean };
  tenant: (Membership & { scopes: string[] }) | null;
  tenants: Membership[];
  csrfToken: string;
  isOperator: boolean;
  confirmedUntil: string | null;
  expiresAt: string;
}

/** Who is signed in, or nobody. Everything that changes it answers with the new one. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: 60_000,
  queryFn: async (): Promise<Session | null> => {
    try {
      return keep(await call<Session>("GET", "/v1/session"));
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
