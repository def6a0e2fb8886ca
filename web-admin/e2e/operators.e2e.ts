import { ask, BASE, expect, heading, NOBODY, settled, signUp, test, unique } from "./world";

test("an operator sees how the platform does", async ({ page }) => {
  await page.goto(`${BASE}/platform/health`);
  await expect(heading(page, "Platform health")).toBeVisible();
  await expect(page.getByText("Sends and verifies")).toBeVisible();
  await expect(page.getByText("Answers", { exact: true })).toHaveCount(2);
  const process = page.getByRole("row", { name: /gateway, config-service, verification, dispatch/ });
  await expect(process.getByText("Ready", { exact: true })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Partitions" })).toBeVisible();
});

test("an operator suspends an organization with a reason, and opens it again", async ({ page, browser }) => {
  const name = `Trial ${unique()}`;
  const other = await browser.newContext({ storageState: NOBODY });
  await signUp(await other.newPage(), name);
  await page.goto(`${BASE}/platform/tenants?q=${encodeURIComponent(name)}`);
  await page.getByRole("button", { name: `Suspend ${name}` }).click();
  await page.getByRole("dialog").getByLabel("Reason").fill("unpaid since May");
  await page.getByRole("dialog").getByRole("button", { name: "Suspend" }).click();
  await expect(page.getByText("unpaid since May")).toBeVisible();
  await page.getByRole("button", { name: `Open ${name} again` }).click();
  await expect(page.getByRole("button", { name: `Suspend ${name}` })).toBeVisible();
  await other.close();
});

test("a message that was given up is delivered again", async ({ page }) => {
  await page.goto(`${BASE}/platform/dead-letters`);
  await expect(heading(page, "Dead letters")).toBeVisible();
  // 9001 is the phone whose provider refuses for ever.
  const number = `4179${unique().slice(-3)}9001`;
  const { body } = await ask<{ applicationId: string }[]>(page, "GET", "/2fa/2/applications");
  await ask(page, "POST", "/v1/otp", { to: number, applicationId: body[0]?.applicationId });
  await expect(async () => {
    await page.reload();
    await settled(page);
    await expect(page.getByRole("button", { name: "Deliver again" }).first()).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.getByRole("button", { name: "Deliver again" }).first().click();
  await expect(page.getByText("They wait again for their delivery.")).toBeVisible();
});
