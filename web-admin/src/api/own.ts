import { send } from "./send";

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** One request of an operation whose shapes this console names itself (`src/api/session.ts` and its like). */
export async function call<Answer>(method: Method, path: string, body?: unknown): Promise<Answer> {
  const headers = new Headers({ accept: "application/json" });
  if (body !== undefined) headers.set("content-type", "application/json");
  const init = {
    method,
    headers,
    credentials: "same-origin" as const,
    body: body === undefined ? null : JSON.stringify(body),
  };
  const response = await send(new Request(new URL(path, window.location.origin), init));
  const text = await response.text();
  return text === "" ? (undefined as Answer) : (JSON.parse(text) as Answer);
}
