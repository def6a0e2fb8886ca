import { ProblemError, readProblem, unreachable } from "./problem";

/** Proof that a change comes from this page; `GET /v1/session` gives it. Kept in memory alone. */
export const csrf = { token: "" };

/** Asks the person to prove once more who they are; `false` when they would rather not. */
type Asker = () => Promise<boolean>;
let ask: Asker = async () => false;

export function askWith(asker: Asker) {
  ask = asker;
}

const listeners = new Set<() => void>();

/** Calls back whenever an answer says that nobody is signed in any more. */
export function onSignedOut(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Sends a request with its proof, and gives the answer if it is a success.
 * Sensitive changes may need a fresh proof of the person; then they are asked, and the request goes again.
 */
export async function send(request: Request): Promise<Response> {
  if (request.method !== "GET" && csrf.token) request.headers.set("x-csrf-token", csrf.token);
  const again = request.clone();
  const response = await fetch(request).catch(() => {
    throw new ProblemError(unreachable);
  });
  if (response.ok) return response;
  const problem = await readProblem(response);
  if (problem.code === "confirmation_needed" && (await ask())) return send(again);
  if (problem.code === "unauthorized") for (const listener of listeners) listener();
  throw new ProblemError(problem);
}
