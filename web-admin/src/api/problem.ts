/** What went wrong, as the API says it (`application/problem+json`, or Infobip's envelope under `/2fa`). */
export interface Problem {
  code: string;
  title: string;
  detail?: string;
  status: number;
  requestId?: string;
  /** Seconds after which trying again makes sense. */
  retryAfter?: number;
  /** What is wrong with each field, by its path. */
  fields: Record<string, string>;
}

/** A refused or failed request. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** The page that explains a code. */
export const problemPage = (code: string) =>
  `https://github.com/pinfold/pinfold/blob/main/docs/errors/${encodeURIComponent(code)}.md`;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** Reads an answer that is not a success. */
export async function readProblem(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => undefined);
  const after = Number(response.headers.get("retry-after"));
  const common = {
    status: response.status,
    requestId: response.headers.get("x-request-id") ?? undefined,
    retryAfter: Number.isFinite(after) && after > 0 ? after : undefined,
  };
  if (isRecord(body) && isRecord(body.requestError)) return { ...common, ...infobip(body.requestError) };
  const own = isRecord(body) ? (isRecord(body.error) ? body.error : body) : {};
  return {
    ...common,
    code: text(own.code) ?? `http_${response.status}`,
    title: text(own.title) ?? text(own.message) ?? (response.statusText || `HTTP ${response.status}`),
    detail: text(own.detail),
    fields: fieldsOf(own.fields),
  };
}

/** A request that had no answer. */
export const unreachable: Problem = {
  code: "unreachable",
  title: "The server does not answer.",
  status: 0,
  fields: {},
};

/** What any thrown value says. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof TypeError) return unreachable;
  return { code: "unknown", title: error instanceof Error ? error.message : String(error), status: 0, fields: {} };
}

function infobip(error: Record<string, unknown>) {
  const exception = isRecord(error.serviceException) ? error.serviceException : {};
  const fields = fieldsOf(exception.validationErrors);
  const code = (text(exception.messageId) ?? "bad_request").toLowerCase();
  return { code, title: text(exception.text) ?? code, fields };
}

/** `[{field, message}]`, `{field: message}` and `{field: [message]}` alike. */
function fieldsOf(value: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  if (Array.isArray(value)) {
    for (const one of value) {
      if (!isRecord(one)) continue;
      const name = text(one.field) ?? text(one.name) ?? text(one.path);
      const says = text(one.must) ?? text(one.message) ?? text(one.detail) ?? text(one.reason);
      if (name && says) found[name] = says;
    }
  } else if (isRecord(value)) {
    for (const [name, says] of Object.entries(value)) {
      const words = Array.isArray(says) ? says.filter((word) => typeof word === "string").join(" ") : text(says);
      if (words) found[name] = words;
    }
  }
  return found;
}
