import { ask, BASE, expect, lastMessage, NOBODY, signIn, test, unique } from "./world";

test.describe("signed out at first", () => {
  test.use({ storageState: NOBODY });

  test("from a sign-up to the first verified PIN", async ({ page }) => {
    test.setTimeout(120_000);
    const email = `ada-${unique()}@example.com`;
    await page.goto(`${BASE}/sign-up`);
    await page.getByLabel("Your name").fill("Ada");
    await page.getByLabel("Organization").fill("Engines");
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel(/^Password/).fill("analytical engine no. 2");
    await page.getByRole("button", { name: "Create the account" }).click();
    await expect(page.getByText("We sent a link")).toBeVisible();

    const link = /https?:\/\/\S+confirm#token=\S+/.exec(await lastMessage(page, email))?.[0] ?? "";
    await page.goto(link.replace(/[.)>]+$/, ""));
    await page.getByRole("button", { name: "Confirm and sign in" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
    expect(page.url()).not.toContain("token");

    await page.getByRole("link", { name: "Get started" }).first().click();
    await page.getByLabel("Name").fill("Sign-in");
    await page.getByRole("button", { name: "Create" }).click();
    const number = `+4179${unique().slice(-7)}`;
    await page.getByLabel("Phone number").fill(number);
    await page.getByRole("button", { name: "Send the PIN" }).click();
    const code = /\d{6}/.exec(await lastMessage(page, number))?.[0] ?? "";
    await expect(page.getByText(code).first()).toBeVisible();
    await page.getByLabel(/^PIN/).fill(code);
    await page.getByRole("button", { name: "Verify" }).click();
    await expect(page.getByText("Verified.")).toBeVisible();
    await page.getByRole("link", { name: "See everything that happened" }).click();
    await expect(page.getByRole("heading", { name: "What happened" })).toBeVisible();
    await expect(page.getByText("Taken by the provider").first()).toBeVisible();
  });

  test("signing out ends the session", async ({ page }) => {
    await signIn(page);
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
    await page.goto(`${BASE}/applications`);
    await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  });
});

test("an application is made, its limits explained and changed", async ({ page }) => {
  await page.goto(`${BASE}/applications?new=1`);
  const name = `Payments ${unique()}`;
  await page.getByRole("dialog").getByLabel("Name").fill(name);
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await page.getByLabel("Guesses per PIN").fill("3");
  await expect(page.getByText("After 3 wrong guesses the PIN is dead.")).toBeVisible();
  await page.getByRole("button", { name: "Save the limits" }).click();
  await expect(page.getByText("The limits hold from now on.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Guesses per PIN")).toHaveValue("3");
});

test("a template is written with the phone beside it", async ({ page }) => {
  await page.goto(`${BASE}/templates?new=1`);
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "SMS and voice template" })).toBeVisible();
  await page.getByRole("textbox", { name: "Text" }).fill("Grüezi! {{pin}} ist Ihr Code ✓");
  await expect(page.getByText("UCS-2", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await page.getByRole("button", { name: "Add a step" }).click();
  await page.getByRole("button", { name: "Save the plan" }).click();
  await expect(page.getByText("The plan holds from the next send on.")).toBeVisible();
});

test("a provider is connected, tested and deleted by typing its name", async ({ page }) => {
  await page.goto(`${BASE}/providers?new=1`);
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Simulator/ })
    .click();
  const name = `Trial ${unique()}`;
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await page.getByLabel(/^To/).fill("+41793026727");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByText("The provider took it")).toBeVisible();
  await page.getByRole("button", { name: "Delete" }).click();
  const sure = page.getByRole("dialog");
  await expect(sure.getByRole("button", { name: "Delete" })).toBeDisabled();
  await sure.getByLabel(/^Type/).fill(name);
  await sure.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Providers" })).toBeVisible();
});

test("a route explains itself", async ({ page }) => {
  await page.goto(`${BASE}/routes`);
  await page.getByLabel(/^To/).fill("+41793026727");
  await page.getByRole("button", { name: "Explain" }).click();
  await expect(page.getByText("The number is of Switzerland.")).toBeVisible();
});

test("the simulated phone stands in a frame beside a page of ours", async ({ page }) => {
  await page.goto(`${BASE}/lookup`);
  const { body } = await ask<{ applicationId: string }[]>(page, "GET", "/2fa/2/applications");
  const to = `4179${unique().slice(-7)}`;
  await ask(page, "POST", "/v1/otp", { to, applicationId: body[0]?.applicationId });
  const text = await lastMessage(page, to);
  await page.goto(`${new URL(BASE).origin}/simulator?to=${to}`);
  await expect(page.getByRole("banner")).toBeVisible();
  await page.evaluate((to) => {
    const frame = document.createElement("iframe");
    frame.title = "Phone";
    frame.src = `/simulator?to=${to}&embed&theme=dark`;
    document.body.replaceChildren(frame);
  }, to);
  const phone = page.frameLocator('iframe[title="Phone"]');
  await expect(phone.locator("#thread .bubble")).toHaveText(new RegExp(/\d{4,}/.exec(text)?.[0] ?? text));
  await expect(phone.getByRole("banner")).toHaveCount(0);
});

test("by keyboard alone: the palette leads to a page, a letter to another", async ({ page }) => {
  await page.goto(`${BASE}/`);
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.getByRole("textbox", { name: "Find anything" }).fill("provid");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Providers" })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await expect(page.getByRole("heading", { level: 1, name: "Applications" })).toBeVisible();
});

test("German is whole", async ({ page }) => {
  await page.goto(`${BASE}/settings?tab=look`);
  await page.getByRole("combobox", { name: "Language" }).click();
  await page.getByRole("option", { name: "Deutsch" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Einstellungen" })).toBeVisible();
  await page.getByRole("link", { name: "Überblick" }).click();
  await expect(page.getByRole("heading", { name: "PINs im Lauf der Zeit" })).toBeVisible();
});
