import { createHmac } from "node:crypto";
import { button, choose, press, type } from "./keys";
import { BASE, expect, heading, NOBODY, settled, signUp, test, unique } from "./world";

/** By keys alone: what guards the console, what leaves it, and what its operators do. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP_MS = 30_000;

/** The code of an authenticator app (RFC 6238, SHA-1, six digits). */
function totp(secret: string, atMs: number) {
  const bits = [...secret].map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const bytes = bits.match(/.{8}/g) ?? [];
  const key = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / STEP_MS)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

test.describe("in an organization of one's own", () => {
  test.use({ storageState: NOBODY });

  test("a webhook: made, tested, deleted", async ({ page }) => {
    test.setTimeout(120_000);
    await signUp(page, `Hooks ${unique()}`);
    await page.goto(`${BASE}/webhooks`);
    const dialog = page.getByRole("dialog");
    await press(page, button(page, "New endpoint").first());
    await type(page, dialog.getByLabel("Address"), "https://hooks.example.com/pins");
    await type(page, dialog.getByLabel("What it is for"), "Ledger");
    await press(page, button(dialog, "Create"));
    await press(page, button(page, "I have it"));
    await expect(heading(page, "Ledger")).toBeVisible();
    await press(page, button(page, "Send a test"));
    await expect(page.getByText("A test is on its way.")).toBeVisible();
    await press(page, button(page, "Delete"));
    await type(page, dialog.getByLabel(/^Type/), "hooks.example.com");
    await press(page, button(dialog, "Delete"));
    await expect(page.getByText("No endpoint yet")).toBeVisible();
  });

  test("an authenticator app: set up, asked at the next sign-in, turned off", async ({ page }) => {
    test.setTimeout(120_000);
    const { email, password } = await signUp(page, `Keys ${unique()}`);
    await page.goto(`${BASE}/settings?tab=security`);
    await press(page, button(page, "Set up"));
    const dialog = page.getByRole("dialog", { name: "Authenticator app" });
    const secret = (await dialog.locator("code").textContent())?.replaceAll(" ", "") ?? "";
    expect(secret).toMatch(/^[A-Z2-7]{32,}$/);
    const field = dialog.getByLabel("The code it shows");
    const before = Date.now();
    await type(page, field, totp(secret, before - 10 * STEP_MS));
    await page.keyboard.press("Enter");
    await expect(dialog.getByRole("alert")).toBeVisible();
    await type(page, field, totp(secret, before));
    await page.keyboard.press("Enter");
    const codes = page.getByRole("dialog", { name: "Recovery codes" });
    await expect(codes.locator("pre")).toHaveText(/^([a-z0-9]{4}-){3}[a-z0-9]{4}/);
    await page.keyboard.press("Escape");
    await expect(codes).toHaveCount(0);
    await expect(button(page, "Turn off")).toBeVisible();

    await choose(page, button(page, "Your account"), "Sign out");
    await type(page, page.getByLabel("E-mail"), email);
    await type(page, page.getByLabel(/^Password/), password);
    await press(page, button(page, "Sign in"));
    await expect(heading(page, "Second step")).toBeVisible();
    await expect(page.getByLabel("Code of your authenticator app")).toBeFocused();
    // The code that was used is worth nothing any more; the next one is taken ahead of its time.
    await page.keyboard.type(totp(secret, before + STEP_MS));
    await page.keyboard.press("Enter");
    await expect(heading(page, "Overview")).toBeVisible();

    await page.goto(`${BASE}/settings?tab=security`);
    await press(page, button(page, "Turn off"));
    await press(page, button(page.getByRole("dialog"), "Turn off"));
    await expect(page.getByText("The authenticator app is not asked any more.")).toBeVisible();
    await expect(button(page, "Set up")).toBeVisible();
  });
});

test("an organization is suspended and opened again", async ({ page, browser }) => {
  test.setTimeout(120_000);
  const name = `Trial ${unique()}`;
  const other = await browser.newContext({ storageState: NOBODY });
  await signUp(await other.newPage(), name);
  await other.close();
  await page.goto(`${BASE}/platform/tenants`);
  await expect(heading(page, "Organizations")).toBeVisible();
  await settled(page);
  await type(page, page.getByRole("textbox", { name: "Search" }), name);
  await press(page, button(page, `Suspend ${name}`));
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Reason")).toBeFocused();
  await page.keyboard.type("unpaid since May");
  await press(page, button(dialog, "Suspend"));
  await expect(page.getByText("unpaid since May")).toBeVisible();
  await press(page, button(page, `Open ${name} again`));
  await expect(button(page, `Suspend ${name}`)).toBeVisible();
});
