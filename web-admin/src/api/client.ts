import createFetchClient from "openapi-fetch";
import createClient from "openapi-react-query";
import type { components, paths } from "./generated/schema";
import { send } from "./send";

/** The API, typed from its document. Every answer that is not a success is thrown as a `ProblemError`. */
export const client = createFetchClient<paths>({
  baseUrl: window.location.origin,
  credentials: "same-origin",
  fetch: send,
});

/** The same as queries and mutations. */
export const api = createClient(client);

/** The shapes of the API's document. */
export type Schemas = components["schemas"];
