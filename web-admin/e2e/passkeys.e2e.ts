import { BASE, expect, lastMessage, test } from "./world";

/** Browsers know no passkeys of a place whose name is a number. */
const HERE = BASE.replace("127.0.0.1", "localhost");
const PASSWORD = "analytical engine no. 2";

test("a passkey is made, is the second step, and signs in alone", async ({ page }) => {
  test.setTimeout(120_000);
  const browser = await page.context().newCDPSession(page);
  await browser.send("WebAuthn.enable");
  const { authenticatorId } = await browser.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const email = `keys-${Date.now()}@example.com`;
  await page.goto(`${HERE}/sign-up`);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("Organization").fill("Keys");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel(/^Password/).fill(PASSWORD);
  await page.getByRole("button", { name: "Create the account" }).click();
  await expect(page.getByText("We sent a link")).toBeVisible();
  const link = /https?:\/\/\S+confirm#token=\S+/.exec(await lastMessage(page, email))?.[0] ?? "";
  await page.goto(link.replace(/[.)>]+$/, "").replace("127.0.0.1", "localhost"));
  await page.getByRole("button", { name: "Confirm and sign in" }).click();
  const overview = page.getByRole("heading", { level: 1, name: "Overview" });
  await expect(overview).toBeVisible();

  await page.goto(`${HERE}/settings?tab=security`);
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await expect(page.getByText("The passkey works from now on.")).toBeVisible();
  await expect(page.getByRole("dialog", { name: "Recovery codes" })).toBeVisible();
  const { credentials } = await browser.send("WebAuthn.getCredentials", { authenticatorId });
  expect(credentials).toMatchObject([{ rpId: "localhost", isResidentCredential: true }]);

  // After a password.
  await page.context().clearCookies();
  await page.goto(`${HERE}/login`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel(/^Password/).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(overview).toBeVisible();

  // Without one, and without saying who.
  await page.context().clearCookies();
  await page.goto(`${HERE}/login`);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(overview).toBeVisible();

  // A device that verified nobody does not get in.
  await page.context().clearCookies();
  await browser.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await page.goto(`${HERE}/login`);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
});
