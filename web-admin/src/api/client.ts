import createFetchClient from "openapi-fetch";
import createClient from "openapi-react-query";
import type { components, paths } from "./generated/schema";
import { send } from "./send";

/** The API, typed from its document, as JSON. Every answer that is not a success is thrown as a `ProblemError`. */
export const client = createFetchClient<paths, "application/json">({
  baseUrl: window.location.origin,
  credentials: "same-origin",
  fetch: send,
});

/** The same as queries and mutations. */
export const api = createClient(client);

/** What a request is answered with. `send` throws whatever is no success, so there is nothing else to look at. */
export async function dataOf<Data>(request: Promise<{ data?: Data }>) {
  return (await request).data as Data;
}

/** The shapes of the API's document. */
export type Schemas = components["schemas"];
