import { ask, BASE, expect, heading, NOBODY, sendLive, settled, signUp, test, tokenFor, unique } from "./world";

/** Every kind of thing made, changed and deleted, each in an organization of its own. */
test.use({ storageState: NOBODY });

test("API keys: made, switched off, revoked", async ({ page }) => {
  await signUp(page, `Keys ${unique()}`);
  await page.goto(`${BASE}/keys?new=1`);
  await page.getByRole("dialog").getByLabel("Name").fill("Checkout");
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await expect(page.getByText("This is the whole key.")).toBeVisible();
  await page.getByRole("button", { name: "I have it" }).click();
  await page.getByRole("button", { name: "What to do with Checkout" }).click();
  await page.getByRole("menuitem", { name: "Switch off" }).click();
  await expect(page.getByRole("cell", { name: "Disabled" })).toBeVisible();
  await page.getByRole("button", { name: "What to do with Checkout" }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  const sure = page.getByRole("dialog");
  await expect(sure.getByRole("button", { name: "Revoke" })).toBeDisabled();
  await sure.getByLabel(/^Type/).fill("Checkout");
  await sure.getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByRole("cell", { name: "Revoked" })).toBeVisible();
});

test("webhooks: made, tested, changed, deleted", async ({ page }) => {
  await signUp(page, `Hooks ${unique()}`);
  await page.goto(`${BASE}/webhooks?new=1`);
  await page.getByRole("dialog").getByLabel("Address").fill("https://hooks.example.com/pins");
  await page.getByRole("dialog").getByLabel("What it is for").fill("Ledger");
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  await expect(page.getByText("Your server checks signatures")).toBeVisible();
  await page.getByRole("button", { name: "I have it" }).click();
  await expect(heading(page, "Ledger")).toBeVisible();
  await page.getByRole("button", { name: "Send a test" }).click();
  await expect(page.getByText("A test is on its way.")).toBeVisible();
  await page.getByLabel("What it is for").fill("Books");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(heading(page, "Books")).toBeVisible();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByLabel(/^Type/).fill("hooks.example.com");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No endpoint yet")).toBeVisible();
});

test("members: invited, withdrawn", async ({ page }) => {
  await signUp(page, `Team ${unique()}`);
  await page.goto(`${BASE}/members?new=1`);
  await page.getByRole("dialog").getByLabel("E-mail").fill("grace@example.com");
  await page.getByRole("dialog").getByRole("button", { name: "Invite" }).click();
  await expect(page.getByRole("cell", { name: "grace@example.com" })).toBeVisible();
  await page.getByRole("button", { name: "Withdraw" }).click();
  await expect(page.getByRole("cell", { name: "grace@example.com" })).toHaveCount(0);
});

test("a member gets another role, and is removed", async ({ page, browser }) => {
  await signUp(page, `Team ${unique()}`);
  await page.goto(`${BASE}/members`);
  const email = `grace-${unique()}@example.com`;
  await ask(page, "POST", "/v1/invitations", { email, role: "viewer" });
  const token = await tokenFor(page, email);
  const other = await browser.newContext({ storageState: NOBODY });
  const theirs = await other.newPage();
  await theirs.goto(`${BASE}/login`);
  const answer = { token, name: "Grace", password: "analytical engine no. 2" };
  expect((await ask(theirs, "POST", "/v1/invitations/acceptances", answer)).status).toBe(201);
  await theirs.goto(`${BASE}/keys`);
  await expect(theirs.getByRole("alert").first()).toBeVisible();

  await page.reload();
  const role = page.getByRole("combobox", { name: "Role of Grace" });
  await expect(role).toHaveValue("Viewer");
  await role.click();
  await page.getByRole("option", { name: "Developer" }).click();
  await expect(page.getByText("The role is changed.")).toBeVisible();
  await page.reload();
  await expect(role).toHaveValue("Developer");
  await expect(async () => {
    await theirs.reload();
    await expect(theirs.getByRole("button", { name: "New API key" }).first()).toBeVisible({ timeout: 3_000 });
  }).toPass();

  await page.getByRole("row", { name: /Grace/ }).getByRole("button", { name: "Remove" }).click();
  const sure = page.getByRole("dialog", { name: "Remove Grace?" });
  await sure.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("They are no member any more.")).toBeVisible();
  await expect(page.getByRole("row", { name: /Grace/ })).toHaveCount(0);
  await expect(async () => {
    await theirs.goto(`${BASE}/applications`);
    await expect(theirs).toHaveURL(/\/organization$/, { timeout: 3_000 });
  }).toPass();
  await other.close();
});

test("caps: set, wrong, taken away", async ({ page }) => {
  await signUp(page, `Caps ${unique()}`);
  await page.goto(`${BASE}/usage`);
  const save = page.getByRole("button", { name: "Save the caps" });
  await expect(save).toBeDisabled();
  await page.getByLabel("Messages a day").fill("250");
  await page.getByLabel("Money a day").fill("7.5");
  await save.click();
  await expect(page.getByText("must be given with the money").last()).toBeVisible();
  await expect(page.getByLabel("Currency")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Currency").fill("euros");
  await expect(page.getByLabel("Currency")).toHaveValue("eur");
  await save.click();
  await expect(page.getByText("The caps hold from now on.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Messages a day")).toHaveValue("250");
  await expect(page.getByLabel("Money a day")).toHaveValue("7.5");
  await expect(page.getByLabel("Currency")).toHaveValue("EUR");
  await expect(page.getByLabel("Messages a month")).toHaveValue("");

  // Nothing counts parts of a message.
  await page.getByLabel("Messages a day").fill("");
  await page.getByLabel("Messages a day").pressSequentially("2.5");
  await expect(page.getByLabel("Messages a day")).toHaveValue("25");
  await page.getByLabel("Messages a day").fill("9000000000");
  await save.click();
  await expect(page.getByLabel("Messages a day")).toHaveAttribute("aria-invalid", "true");

  await page.getByLabel("Messages a day").fill("");
  await save.click();
  await expect(page.getByText("The caps hold from now on.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Messages a day")).toHaveValue("");
  await expect(page.getByLabel("Money a day")).toHaveValue("7.5");
});

test("durability: refused without a replica, with its reason", async ({ page }) => {
  await signUp(page, `Sure ${unique()}`);
  const made = await ask<{ applicationId: string }>(page, "POST", "/2fa/2/applications", { name: "Payments" });
  await page.goto(`${BASE}/applications/${made.body.applicationId}`);
  const panel = page.locator("form").filter({ has: page.getByRole("heading", { name: "Durability" }) });
  await expect(panel.getByRole("radio", { name: "Standard" })).toBeChecked();
  await expect(panel.getByRole("button", { name: "Save" })).toBeDisabled();
  await panel.getByText("Strict").click();
  await panel.getByRole("button", { name: "Save" }).click();
  await expect(panel.getByText("can be strict only while a replica of Redis follows").first()).toBeVisible();
});

test("test numbers: added, wrong, removed", async ({ page }) => {
  await signUp(page, `Test numbers ${unique()}`);
  const made = await ask<{ applicationId: string }>(page, "POST", "/2fa/2/applications", { name: "Shop" });
  await page.goto(`${BASE}/applications/${made.body.applicationId}?tab=test-numbers`);
  await expect(page.getByText("A fixed code is known to whoever was told")).toBeVisible();
  const save = page.getByRole("button", { name: "Save the test numbers" });
  await expect(save).toBeDisabled();
  const add = page.getByRole("button", { name: "Add a test number" });
  await add.click();
  await page.getByLabel("Phone number 1").fill("+41 79 302 67 27");
  await page.getByLabel("Code 1").fill("123456");
  await add.click();
  await page.getByLabel("Phone number 2").fill("+16175550123");
  await page.getByLabel("Code 2").fill("12");
  await save.click();
  await expect(page.getByLabel("Code 2")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Code 1")).not.toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Code 2").fill("1234");
  await save.click();
  await expect(page.getByText("The test numbers hold within seconds.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Phone number 1")).toHaveValue("41793026727");
  await expect(page.getByLabel("Code 2")).toHaveValue("1234");
  const asked = { to: "41793026727", applicationId: made.body.applicationId };
  const sent = await ask<{ requestId: string }>(page, "POST", "/v1/otp", asked);
  await page.goto(`${BASE}/verifications/${sent.body.requestId}`);
  await expect(page.getByText("Test number", { exact: true })).toBeVisible();
  await expect(page.getByText("Kept here: a test number").first()).toBeVisible();
  await page.goBack();
  await page.getByRole("button", { name: "Remove test number 1" }).click();
  await save.click();
  await expect(page.getByLabel("Phone number 2")).toHaveCount(0);
  await page.reload();
  await expect(page.getByLabel("Phone number 1")).toHaveValue("16175550123");
});

test("an alert is seen, and its kind muted for a day", async ({ page }) => {
  await signUp(page, `Alerts ${unique()}`);
  await page.goto(`${BASE}/lookup`);
  expect((await ask(page, "PUT", "/v1/caps", { dailyMessages: 1 })).status).toBe(200);
  await sendLive(page);
  const alert = page.getByRole("cell", { name: "The day's cap is near or reached" }).first();
  await expect(async () => {
    await page.goto(`${BASE}/alerts`);
    await expect(alert).toBeVisible({ timeout: 3_000 });
  }).toPass();
  const open = page.getByRole("button", { name: "I saw it" });
  while ((await open.count()) > 0) {
    const left = (await open.count()) - 1;
    await open.first().click();
    await expect(open).toHaveCount(left);
  }
  await expect(page.getByText("Nothing needs your eye")).toBeVisible();
  await page.getByRole("combobox", { name: "State" }).click();
  await page.getByRole("option", { name: "Seen", exact: true }).click();
  await expect(alert).toBeVisible();
  await expect(page.getByRole("cell", { name: /^Seen / }).first()).toBeVisible();

  const muted = page.getByText(/^Muted until .*: The day's cap is near or reached\./);
  await page.getByRole("button", { name: "Mute for a day" }).click();
  await page.getByRole("menuitem", { name: "The day's cap is near or reached" }).click();
  await expect(muted).toBeVisible();
  await page.reload();
  await expect(muted).toBeVisible();
  await page.getByRole("button", { name: "Hear of it again" }).click();
  await expect(muted).toHaveCount(0);
  const mutes = await ask<{ mutes: object[] }>(page, "GET", "/v1/alert-mutes");
  expect(mutes.body.mutes).toEqual([]);
});

test("routes, lists of the fraud guard, retention", async ({ page }) => {
  await signUp(page, `Ways ${unique()}`);
  await page.goto(`${BASE}/fraud?tab=lists`);
  await ask(page, "POST", "/v1/connections", { name: "Alpine", provider: { kind: "simulator" } });
  await page.getByLabel("Value").fill("+41 79 302 67 27");
  await page.getByRole("combobox", { name: "Kind" }).click();
  await page.getByRole("option", { name: "Number" }).click();
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByRole("cell", { name: "Blocked" })).toBeVisible();
  await page.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("Both lists are empty")).toBeVisible();

  await page.goto(`${BASE}/routes?new=1`);
  await page.getByLabel("Numbers that begin with").fill("41");
  await page.getByRole("button", { name: "Save the route" }).click();
  await expect(page.getByText("+41", { exact: true })).toBeVisible();
  await page.getByRole("table").getByRole("button", { name: "SMS" }).click();
  // A press in the question must not reach the form below it, which would save the route again.
  const saves: string[] = [];
  page.on("request", (request) => request.method() === "PUT" && saves.push(request.url()));
  await page.getByRole("dialog", { name: "Route", exact: true }).getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog", { name: "Delete the route?" }).getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No route yet")).toBeVisible();
  expect(saves).toEqual([]);

  await page.goto(`${BASE}/settings?tab=retention`);
  await page.getByLabel("Days").fill("7");
  await expect(page.getByText("nobody can bring it back")).toBeVisible();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Days")).toHaveValue("7");
});

test("a person is shown with a reason, handed out and forgotten", async ({ page }) => {
  await signUp(page, `Privacy ${unique()}`);
  await page.goto(`${BASE}/lookup`);
  const { body } = await ask<{ applicationId: string }>(page, "POST", "/2fa/2/applications", { name: "Sign-in" });
  const number = `4179${unique().slice(-7)}`;
  const send = { to: number, applicationId: body.applicationId };
  const sent = await ask<{ requestId: string }>(page, "POST", "/v1/otp", send);
  await expect(async () => {
    await page.goto(`${BASE}/verifications/${sent.body.requestId}`);
    await expect(page.getByRole("button", { name: "Show all of it" })).toBeVisible({ timeout: 3_000 });
  }).toPass();
  await expect(page.getByText(number)).toHaveCount(0);
  await page.getByRole("button", { name: "Show all of it" }).click();
  await page.getByRole("dialog").getByLabel("Reason").fill("ticket 4711");
  await page.getByRole("dialog").getByRole("button", { name: "Show it" }).click();
  await expect(page.getByText(number)).toBeVisible();
  const told = await ask<{ entries: { detail: { reason: string } }[] }>(page, "GET", "/v1/audit?action=revealed");
  expect(told.body.entries[0]?.detail.reason).toBe("ticket 4711");

  await page.goto(`${BASE}/people`);
  await page.getByLabel("Phone number or e-mail address").fill(`+${number}`);
  await page.getByRole("button", { name: "Show what is known" }).click();
  await expect(page.getByText(`1 verification of ${number}`)).toBeVisible();
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download", exact: true }).click();
  expect((await saving).suggestedFilename()).toBe("person.json");
  await page.getByRole("button", { name: "Forget them" }).click();
  await page.getByRole("dialog").getByLabel(/^Type/).fill(number);
  await page.getByRole("dialog").getByRole("button", { name: "Forget them" }).click();
  await expect(page.getByText("1 verification leads to nobody from now on.")).toBeVisible();
  await settled(page);
});
