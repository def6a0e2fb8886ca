import type { Locator } from "@playwright/test";
import { button, choose, go, press, skip, type } from "./keys";
import { ask, BASE, expect, heading, lastMessage, NOBODY, settled, signUp, test, unique } from "./world";

/** Every flow by keys alone: nothing here clicks, fills or focuses for the person. */
test.use({ storageState: NOBODY, permissions: ["clipboard-read", "clipboard-write"] });

test("from a sign-up to a verified PIN, and everything made is deleted", async ({ page }) => {
  test.setTimeout(360_000);
  const dialog = page.getByRole("dialog");
  const email = `ada-${unique()}@example.com`;
  await page.goto(`${BASE}/sign-up`);
  await type(page, page.getByLabel("Your name"), "Ada");
  await type(page, page.getByLabel("Organization"), "Engines");
  await type(page, page.getByLabel("E-mail"), email);
  await type(page, page.getByLabel(/^Password/), "analytical engine no. 2");
  await page.keyboard.press("Enter");
  await expect(page.getByText("We sent a link")).toBeVisible();
  await page.goto(/https?:\/\/\S+confirm#token=[\w-]+/.exec(await lastMessage(page, email))?.[0] ?? "");
  await press(page, button(page, "Confirm and sign in"));
  await expect(heading(page, "Overview")).toBeVisible();

  // An application, by the palette.
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("textbox", { name: "Find anything" })).toBeFocused();
  await page.keyboard.type("create an app");
  await page.keyboard.press("Enter");
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await page.keyboard.type("Sign-in");
  await page.keyboard.press("Enter");
  await expect(heading(page, "Sign-in")).toBeVisible();

  // A template.
  await go(page, "t", "Templates");
  await press(page, button(page, "New template").first());
  await expect(dialog.getByLabel("Text")).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("{{pin}} opens the door.");
  await press(page, button(dialog, "Create"));
  await expect(heading(page, "SMS and voice template")).toBeVisible();
  await expect(page.getByText(/^\d+ opens the door\.$/)).toBeVisible();
  await press(page, page.getByRole("combobox", { name: "Made of" }), "ArrowDown");
  await expect(page.getByRole("listbox")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("combobox", { name: "Made of" })).toBeFocused();

  // A provider.
  await go(page, "p", "Providers");
  await press(page, button(page, "Connect a provider").first());
  await expect(dialog.getByRole("button", { name: /^Simulator/ })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("Alpine");
  await page.keyboard.press("Enter");
  await expect(heading(page, "Alpine")).toBeVisible();

  // A route over it.
  await go(page, "r", "Routes");
  await press(page, button(page, "New route").first());
  await type(page, dialog.getByLabel("Numbers that begin with"), "41");
  await press(page, button(dialog, "Save the route"));
  await expect(page.getByText("+41", { exact: true })).toBeVisible();

  // An API key, and a copy of it.
  await go(page, "k", "API keys");
  await press(page, button(page, "New API key").first());
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await page.keyboard.type("Checkout");
  await press(page, dialog.getByRole("checkbox", { name: "config:read" }), "Space");
  await expect(dialog.getByRole("checkbox", { name: "config:read" })).toBeChecked();
  await press(page, button(dialog, "Create"));
  const kept = page.getByRole("dialog", { name: "Keep the key" });
  await press(page, button(kept, "Copy"));
  await expect(button(kept, "Copied")).toBeVisible();
  const secret = await kept.locator("code").textContent();
  expect(secret).toMatch(/^pf_test_/);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
  await press(page, button(kept, "I have it"));
  await expect(page.getByRole("cell", { name: "Works" })).toBeVisible();

  // A PIN to the phone beside it, read there and typed.
  await go(page, "s", "Get started");
  const number = `+4179${unique().slice(-7)}`;
  await type(page, page.getByLabel("Phone number"), number);
  await page.keyboard.press("Enter");
  const code = page.locator(".pf-phone mark");
  await expect(code).toHaveText(/^\d{6}$/);
  await type(page, page.getByLabel(/^PIN/), (await code.textContent()) ?? "");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Verified.")).toBeVisible();
  await press(page, page.getByRole("link", { name: "See everything that happened" }));
  await expect(page.getByRole("heading", { name: "What happened" })).toBeVisible();
  await expect(page.getByText("Taken by the provider").first()).toBeVisible();

  // All of it goes again: the key from its menu, the route, the provider by its name.
  await go(page, "k", "API keys");
  await choose(page, button(page, "What to do with Checkout"), "Revoke");
  await expect(dialog.getByLabel("Type Checkout to confirm")).toBeFocused();
  await page.keyboard.type("Checkout");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("cell", { name: "Revoked" })).toBeVisible();

  await go(page, "r", "Routes");
  await press(page, button(page.getByRole("table"), "SMS"));
  await press(page, button(page.getByRole("dialog", { name: "Route", exact: true }), "Delete"));
  await press(page, button(page.getByRole("dialog", { name: "Delete the route?" }), "Delete"));
  await expect(page.getByText("No route yet")).toBeVisible();

  await go(page, "p", "Providers");
  await press(page, page.getByRole("link", { name: "Alpine" }));
  await expect(heading(page, "Alpine")).toBeVisible();
  await press(page, button(page, "Delete"));
  await expect(dialog.getByLabel("Type Alpine to confirm")).toBeFocused();
  await page.keyboard.type("Alpin");
  await page.keyboard.press("Enter");
  await expect(button(dialog, "Delete")).toBeDisabled();
  await page.keyboard.type("e");
  await press(page, button(dialog, "Delete"));
  await expect(page.getByText("No provider yet")).toBeVisible();
});

test("a sign-in, and out again", async ({ page }) => {
  await page.goto(`${BASE}/login`);
  await type(page, page.getByLabel("E-mail"), process.env.CONSOLE_EMAIL ?? "");
  await type(page, page.getByLabel(/^Password/), process.env.CONSOLE_PASSWORD ?? "");
  await press(page, button(page, "Sign in"));
  await expect(heading(page, "Overview")).toBeVisible({ timeout: 90_000 });
  await choose(page, button(page, "Your account"), "Sign out");
  await expect(heading(page, "Sign in")).toBeVisible();
});

test("the first stop leads past the menu, the palette opens from anywhere", async ({ page }) => {
  await signUp(page, `Doors ${unique()}`);
  await page.goto(`${BASE}/applications`);
  await expect(heading(page, "Applications")).toBeVisible();
  await settled(page);
  await skip(page);
  const opener = button(page, "New application").first();
  await page.keyboard.press("Tab");
  await expect(opener).toBeFocused();
  const palette = page.getByRole("textbox", { name: "Find anything" });
  await page.keyboard.press("Control+k");
  await expect(palette).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(palette).toHaveCount(0);
  await expect(opener).toBeFocused();
  await page.keyboard.press("Control+k");
  await expect(palette).toBeFocused();
  await page.keyboard.type("provid");
  await page.keyboard.press("Enter");
  await expect(heading(page, "Providers")).toBeVisible();
  await expect(page.locator("body")).not.toBeFocused();
});

test("a dialog has the focus, Escape closes it, and what opened it has the focus again", async ({ page }) => {
  test.setTimeout(300_000);
  await signUp(page, `Doors ${unique()}`);
  await ask(page, "POST", "/2fa/2/applications", { name: "Sign-in" });
  const alpine = { name: "Alpine", provider: { kind: "simulator" } };
  const { body } = await ask<{ id: string }>(page, "POST", "/v1/connections", alpine);
  await ask(page, "PUT", "/v1/routes/sms", { connectionId: body.id });
  await ask(page, "POST", "/v1/api-keys", { name: "Checkout", environment: "sandbox", scopes: ["pin:send"] });

  const opens: [path: string, opener: Locator, item?: string][] = [
    ["/applications", button(page, "New application")],
    ["/templates", button(page, "New template").first()],
    ["/providers", button(page, "Connect a provider")],
    [`/providers/${body.id}`, button(page, "Delete")],
    ["/routes", button(page, "New route")],
    ["/routes", button(page.getByRole("table"), "SMS")],
    ["/keys", button(page, "New API key")],
    ["/keys", button(page, "What to do with Checkout"), "Revoke"],
    ["/webhooks", button(page, "New endpoint").first()],
    ["/members", button(page, "Invite somebody")],
    ["/members", button(page, "Leave")],
  ];
  for (const [path, opener, item] of opens) {
    await page.goto(BASE + path);
    await expect(opener).toBeVisible();
    await settled(page);
    await skip(page);
    if (item) await choose(page, opener, item);
    else await press(page, opener);
    const dialog = page.getByRole("dialog");
    await expect(dialog.locator(":focus"), `${path}: the dialog has the focus`).toHaveCount(1);
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect.soft(opener, `${path}: the focus is back`).toBeFocused({ timeout: 5_000 });
  }
});
