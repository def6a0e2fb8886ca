import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { ask, BASE, expect, expectAccessible, heading, NOBODY, settled, signUp, test, unique } from "./world";

const place = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const NODE_PATH = process.env.PINFOLD_TEST_NODE_PATH ?? place(".dev/peers/node_modules");
const WITH = "Sign in with your organization";

/** A real OpenID provider, of another site than the console's. */
let peer: ChildProcess;
let lines: Interface;
let issuer: string;
const said = async () => JSON.parse(String((await once(lines, "line"))[0]));

test.beforeAll(async () => {
  const script = [place("crates/testkit/peers/openid_peer.cjs"), JSON.stringify({ host: "localhost" })];
  peer = spawn(process.execPath, script, { env: { ...process.env, NODE_PATH }, stdio: ["pipe", "pipe", "ignore"] });
  lines = createInterface({ input: peer.stdout as NodeJS.ReadableStream });
  issuer = (await said()).issuer;
});

test.afterAll(() => {
  peer.kill();
});

async function order(what: unknown) {
  peer.stdin?.write(`${JSON.stringify(what)}\n`);
  await said();
}

/** On the provider's own page. */
async function atProvider(page: Page, who: string) {
  await expect(page.locator('input[name="login"]')).toBeVisible();
  expect(new URL(page.url()).origin).toBe(issuer);
  await page.locator('input[name="login"]').fill(who);
  await page.locator('input[name="password"]').fill("any");
  await page.locator('button[type="submit"]').click();
}

test("an organization signs in at its own provider, and proves there again who it is", async ({ page, browser }) => {
  test.setTimeout(240_000);
  await page.context().clearCookies();
  await signUp(page, `Own door ${unique()}`);
  const session = await ask<{ tenant: { slug: string } }>(page, "GET", "/v1/session");
  const { slug } = session.body.tenant;

  await page.goto(`${BASE}/settings?tab=single-sign-on`);
  const redirect = page.locator("code", { hasText: "/single-sign-on/callback/" });
  const redirect_uris = [await redirect.innerText()];
  const client = { id: "pinfold", secret: "a secret of tests", redirect_uris };
  await order({ client });
  await page.getByLabel("Client ID").fill(client.id);
  await page.getByLabel(/^Client secret/).fill(client.secret);
  await page.getByLabel("Issuer").fill(`${issuer}/elsewhere`);
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.locator(".mantine-InputWrapper-error")).toContainText("must be a provider");
  await page.getByLabel("Issuer").fill(issuer);
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByText("The provider answers.")).toBeVisible();
  await settled(page);
  await expectAccessible(page);

  const context = await browser.newContext({ storageState: NOBODY });
  const theirs = await context.newPage();
  // A name that nobody has.
  await theirs.goto(`${BASE}/login`);
  await theirs.getByRole("button", { name: WITH }).click();
  await theirs.getByLabel("Short name of your organization").fill(`nobody-${unique()}`);
  await theirs.getByRole("button", { name: WITH }).click();
  await expect(theirs.getByRole("alert")).toContainText("There is no organization of this name");
  await expectAccessible(theirs);
  // The link of the settings.
  await theirs.goto(`${BASE}/login?organization=${slug}`);
  await theirs.getByRole("button", { name: WITH }).click();
  await atProvider(theirs, "bob");
  await expect(heading(theirs, "Overview")).toBeVisible();
  await theirs.goto(`${BASE}/settings`);
  await expect(theirs.getByText("looks after name, address and password")).toBeVisible();
  await expect(theirs.getByLabel("New password")).toHaveCount(0);

  // An admin among the managed: the list marks them, and does not offer them to own it.
  const members = await ask<{ members: { personId: string; managed: boolean }[] }>(page, "GET", "/v1/members");
  const bob = members.body.members.find(({ managed }) => managed)?.personId;
  expect((await ask(page, "PUT", `/v1/members/${bob}`, { role: "admin" })).status).toBe(200);
  await page.goto(`${BASE}/members`);
  await expect(page.getByRole("row", { name: /bob@example.com/ })).toContainText("Single sign-on");
  await page.getByRole("combobox", { name: "Role of bob" }).click();
  await expect(page.getByRole("option", { name: "Admin" })).toBeVisible();
  await expect(page.getByRole("option", { name: "Owner" })).toHaveCount(0);

  // A sensitive change is proved at the provider; then it is made.
  const turnOff = async () => {
    await settled(theirs);
    await theirs.getByRole("button", { name: "Turn off" }).click({ timeout: 10_000 });
    await theirs.getByRole("dialog").getByRole("button", { name: "Turn off" }).click({ timeout: 10_000 });
  };
  // What a role may is known everywhere within seconds.
  await expect.poll(async () => (await ask(theirs, "GET", "/v1/single-sign-on")).status).toBe(200);
  await theirs.goto(`${BASE}/settings?tab=single-sign-on`);
  await turnOff();
  const proof = theirs.getByRole("dialog", { name: "Is it you?" });
  await proof.getByRole("link", { name: WITH }).click();
  await atProvider(theirs, "bob");
  await expect(theirs).toHaveURL(`${BASE}/settings?tab=single-sign-on`);
  await turnOff();
  await expect(theirs.getByText("Nobody signs in so any more.")).toBeVisible();
  // With it ends the session of whoever came by it.
  await expect.poll(async () => (await ask(theirs, "GET", "/v1/session")).status).toBe(401);
  const after = await ask<{ issuer?: string }>(page, "GET", "/v1/single-sign-on");
  expect(after.body.issuer ?? null).toBeNull();
  await context.close();
});
