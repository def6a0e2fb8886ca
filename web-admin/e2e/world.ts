import { fileURLToPath } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";

const read = (name: string) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; scripts/ci/console.py sets it.`);
  return value;
};

export const BASE = read("CONSOLE_URL");
const EMAIL = read("CONSOLE_EMAIL");
const PASSWORD = read("CONSOLE_PASSWORD");

export const ROLES = ["admin", "developer", "analyst", "viewer"] as const;
export type Person = "owner" | (typeof ROLES)[number];

/** Where the cookies of a person are, once they signed in. */
export const cookiesOf = (person: Person) =>
  fileURLToPath(new URL(`../test-results/people/${person}.json`, import.meta.url));
export const NOBODY = { cookies: [], origins: [] };

/** Pages on which nothing may go wrong unseen: no script fails, nothing breaks the policy, nothing asks or alerts. */
export const test = base.extend({
  storageState: cookiesOf("owner"),
  page: async ({ page }, use) => {
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
    page.on("dialog", (dialog) => {
      faults.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("console", (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) faults.push(`policy: ${message.text()}`);
    });
    await use(page);
    expect(faults).toEqual([]);
  },
});

export { expect };

/** Something that no other test has. */
let made = 0;
export const unique = () => `${Date.now()}${process.env.TEST_PARALLEL_INDEX ?? 0}${made++}`.slice(-9);

export const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name });

export async function signIn(page: Page) {
  await page.goto(`${BASE}/login`);
  await page.getByLabel("E-mail").fill(EMAIL);
  await page.getByLabel(/^Password/).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  // The first pages of a busy machine take their time.
  await expect(heading(page, "Overview")).toBeVisible({ timeout: 90_000 });
}

/** One request of the console's origin, as whoever is signed in. */
export async function ask<Answer>(page: Page, method: string, path: string, body?: unknown, more?: object) {
  return page.evaluate(
    async ([method, path, body, more]) => {
      const session = await fetch("/v1/session");
      const csrf = session.ok ? (await session.json()).csrfToken : "";
      const headers: Record<string, string> = { "content-type": "application/json", "x-csrf-token": csrf, ...more };
      const answer = await fetch(path, { method, headers, body: method === "GET" ? undefined : body });
      const text = await answer.text();
      return { status: answer.status, body: (text ? JSON.parse(text) : null) as never };
    },
    [method, path, JSON.stringify(body ?? {}), more] as const,
  ) as Promise<{ status: number; body: Answer }>;
}

/** What the simulated phone of a recipient got last. */
export async function lastMessage(page: Page, to: string): Promise<string> {
  const origin = new URL(BASE).origin;
  let text = "";
  await expect
    .poll(
      async () => {
        const answer = await page.request.get(`${origin}/simulator/api/messages`, { params: { to } });
        const { messages } = (await answer.json()) as { messages: { text: string }[] };
        text = messages[0]?.text ?? "";
        return text;
      },
      { intervals: [100, 200, 400] },
    )
    .not.toBe("");
  return text;
}

/** The token of the link that somebody was sent. */
export async function tokenFor(page: Page, email: string): Promise<string> {
  return /#token=([\w-]+)/.exec(await lastMessage(page, email))?.[1] ?? "";
}

/** A fresh organization of a fresh person, who is signed in from here on. Each asks from an address of its own: one is mailed but so much. */
export async function signUp(page: Page, organization: string) {
  const email = `owner-${unique()}@example.com`;
  await page.goto(`${BASE}/login`);
  const person = { email, password: "analytical engine no. 2", name: "Ada", organization };
  const from = { "x-forwarded-for": `198.18.${made % 256}.${Math.floor(Math.random() * 256)}` };
  expect((await ask(page, "POST", "/v1/sign-up", person, from)).status).toBe(202);
  const token = await tokenFor(page, email);
  expect((await ask(page, "POST", "/v1/sign-up/confirmations", { token })).status).toBe(201);
  return person;
}

/** A PIN of a live key, over a connection to the simulator: it counts as one to a person does. */
export async function sendLive(page: Page): Promise<{ connectionId: string; requestId: string }> {
  const { body } = await ask<{ applicationId: string }>(page, "POST", "/2fa/2/applications", { name: "Sign-in" });
  const alpine = { name: "Alpine", provider: { kind: "simulator" } };
  const connectionId = (await ask<{ id: string }>(page, "POST", "/v1/connections", alpine)).body.id;
  await ask(page, "PUT", "/v1/routes/sms", { connectionId });
  const key = { name: "Live", environment: "live", scopes: ["pin:send"] };
  const { secret } = (await ask<{ secret: string }>(page, "POST", "/v1/api-keys", key)).body;
  const sent = await page.request.post(`${new URL(BASE).origin}/v1/otp`, {
    headers: { authorization: `App ${secret}` },
    data: { applicationId: body.applicationId, to: `4179${unique().slice(-7)}` },
  });
  expect(sent.status()).toBe(200);
  return { connectionId, requestId: ((await sent.json()) as { requestId: string }).requestId };
}

/** Waits until nothing is being loaded. */
export async function settled(page: Page) {
  await expect(page.locator('[role="status"], [aria-busy]')).toHaveCount(0);
}

/** No serious fault for those who do not see or do not point. */
export async function expectAccessible(page: Page) {
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(
    serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`),
    page.url(),
  ).toEqual([]);
}
