// Writes docs/screenshots/<page>-<theme>.png of a served console; `scripts/ci/console.py --screenshots` starts one.
import { mkdirSync, writeFileSync } from "node:fs";
import { chromium } from "@playwright/test";
import { withPalette } from "./palette.mjs";

const { CONSOLE_URL, CONSOLE_EMAIL, CONSOLE_PASSWORD, APPLICATION_ID, MESSAGE_ID, BASE_URL, API_KEY } = process.env;
const OUT = new URL("../../docs/screenshots/", import.meta.url).pathname;
mkdirSync(OUT, { recursive: true });

const headers = { authorization: `App ${API_KEY}`, "content-type": "application/json" };
const get = async (path) => (await fetch(`${BASE_URL}${path}`, { headers })).json();
const { verifications } = await get("/v1/verifications?status=verified&size=100");
const told = verifications.find((one) => one.wrongGuesses > 0 && one.channel === "sms") ?? verifications[0];
const { connections } = await get("/v1/connections");
const provider = connections.find((one) => one.name === "Alpine Messaging") ?? connections[0];
await fetch(`${BASE_URL}/simulator/api/messages`, { method: "DELETE" });
for (let nth = 0; nth < 2; nth++) {
  const body = JSON.stringify({ to: "41793026727", applicationId: APPLICATION_ID });
  await fetch(`${BASE_URL}/v1/otp`, { method: "POST", headers, body });
}

const PAGES = {
  overview: "/",
  start: "/start",
  verifications: "/verifications",
  verification: `/verifications/${told.pinId}`,
  alerts: "/alerts?seen=all",
  applications: "/applications",
  application: `/applications/${APPLICATION_ID}`,
  template: `/templates/${APPLICATION_ID}/${MESSAGE_ID}`,
  providers: "/providers",
  provider: `/providers/${provider.id}`,
  "provider-new": "/providers?new=1",
  routes: "/routes",
  fraud: "/fraud",
  "fraud-rules": "/fraud?tab=rules",
  keys: "/keys",
  webhooks: "/webhooks",
  usage: "/usage",
  members: "/members",
  people: "/people",
  audit: "/audit",
  settings: "/settings?tab=security",
  retention: "/settings?tab=retention",
  tenants: "/platform/tenants",
  health: "/platform/health",
  "dead-letters": "/platform/dead-letters",
};
const PHONE = ["overview", "verification", "fraud"];
const only = process.argv.slice(2);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});

async function shoot(page, name) {
  await page
    .waitForFunction(() => !document.querySelector('main [role="status"], [aria-busy]'), null, { timeout: 30_000 })
    .catch(() => {});
  await page.waitForTimeout(300);
  writeFileSync(`${OUT}${name}.png`, withPalette(await page.screenshot()));
}

const state = await signedIn();
await Promise.all(["light", "dark"].map(theme));
await browser.close();

async function signedIn() {
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(`${CONSOLE_URL}/login`);
  await page.getByLabel("E-mail").fill(CONSOLE_EMAIL);
  await page.getByLabel(/^Password/).fill(CONSOLE_PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor({ timeout: 120_000 });
  return context.storageState();
}

async function theme(colorScheme) {
  const look = { colorScheme, locale: "en-GB", reducedMotion: "reduce", viewport: { width: 1280, height: 800 } };
  const stranger = await browser.newContext(look);
  const door = await stranger.newPage();
  await door.goto(`${CONSOLE_URL}/login`);
  await door.getByRole("button", { name: "Sign in", exact: true }).waitFor({ timeout: 120_000 });
  await shoot(door, `login-${colorScheme}`);
  await door.goto(`${BASE_URL}/simulator?to=41793026727`);
  await door.getByText("Live", { exact: true }).waitFor({ timeout: 60_000 });
  await shoot(door, `simulator-${colorScheme}`);
  await stranger.close();
  const context = await browser.newContext({ ...look, storageState: state });
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  for (const [name, path] of Object.entries(PAGES)) {
    if (only.length > 0 && !only.includes(name)) continue;
    await page.goto(CONSOLE_URL + path, { waitUntil: "load" });
    await page.getByRole("heading", { level: 1 }).waitFor({ timeout: 60_000 });
    await shoot(page, `${name}-${colorScheme}`);
    if (!PHONE.includes(name)) continue;
    await page.setViewportSize({ width: 375, height: 800 });
    await shoot(page, `${name}-phone-${colorScheme}`);
    await page.setViewportSize(look.viewport);
  }
  await context.close();
}
