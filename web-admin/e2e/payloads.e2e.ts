import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { PAYLOADS } from "./payloads";
import { ask, BASE, expect, heading, NOBODY, sendLive, settled, signUp, test, unique } from "./world";

test.use({ storageState: NOBODY });

/** Tags that no page of ours has in its content. */
const STRANGE = "main :is(script, iframe, object, embed, marquee, base, meta, math, video, audio, [onerror], [onload])";

async function expectInert(page: Page) {
  await settled(page);
  expect(await page.evaluate(() => "ran" in window)).toBe(false);
  expect(await page.locator(STRANGE).count()).toBe(0);
  expect(await page.locator('main a[href^="javascript:" i], main img[src="x"]').count()).toBe(0);
}

test("nothing that a tenant writes runs anywhere", async ({ page }) => {
  test.setTimeout(240_000);
  expect(PAYLOADS).toHaveLength(40);
  await signUp(page, PAYLOADS[5] ?? "");
  await page.goto(`${BASE}/lookup`);
  const made: string[] = [];
  for (const payload of PAYLOADS) {
    const application = await ask<{ applicationId: string }>(page, "POST", "/2fa/2/applications", { name: payload });
    expect(application.status, payload).toBeLessThan(300);
    made.push(application.body.applicationId);
  }
  const first = made[0] ?? "";
  const templates: string[] = [];
  for (const payload of PAYLOADS) {
    // A sender may be refused; a text may not.
    const text = { messageText: `${payload} {{pin}}`.replace("{{constructor", "{ {constructor"), pinType: "NUMERIC" };
    const message = await ask<{ messageId: string }>(page, "POST", `/2fa/2/applications/${first}/messages`, text);
    if (message.status < 300) templates.push(message.body.messageId);
    await ask(page, "POST", `/2fa/2/applications/${first}/messages`, { ...text, senderId: payload });
    const name = payload.slice(0, 80);
    await ask(page, "POST", "/v1/connections", { name, provider: { kind: "simulator" } });
    const endpoint = { url: `https://example.com/${encodeURIComponent(payload)}`, description: payload };
    await ask(page, "POST", "/v1/webhook-endpoints", { ...endpoint, eventTypes: ["pin.verified"] });
    await ask(page, "POST", "/v1/fraud/lists", { list: "block", kind: "prefix", value: "4178", note: payload });
  }
  expect(templates.length).toBeGreaterThan(30);
  // A message with a payload in its text, seen on the phone beside the onboarding.
  const sent = { applicationId: first, messageId: templates[5], to: "41793020001" };
  expect((await ask(page, "POST", "/2fa/2/pin", sent)).status).toBe(200);

  const paths = [
    "/",
    "/applications",
    "/templates",
    "/providers",
    "/webhooks",
    "/fraud?tab=lists",
    "/members",
    "/audit",
  ];
  for (const path of [...paths, `/applications/${made[5]}`, `/templates/${first}/${templates[5]}`, "/start"]) {
    await page.goto(BASE + path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectInert(page);
  }
  await page.goto(`${new URL(BASE).origin}/simulator?to=41793020001`);
  await expect(page.locator("#thread .bubble")).toHaveCount(1);
  expect(await page.evaluate(() => "ran" in window)).toBe(false);

  // In a file for spreadsheets no cell calculates.
  await page.goto(`${BASE}/applications`);
  await expect(heading(page, "Applications")).toBeVisible();
  await settled(page);
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download as CSV" }).click();
  const text = readFileSync(await (await saving).path(), "utf8");
  expect(text).toContain("HYPERLINK");
  expect(text).not.toMatch(/(^|,)"?[=+@]/m);
});

interface Story {
  deliveries: { receipt?: { state: string; reason?: string }; attempts: { providerId?: string }[] }[];
}

test("nothing that a provider says of a message runs", async ({ page }) => {
  test.setTimeout(240_000);
  await signUp(page, `Receipts ${unique()}`);
  await page.goto(`${BASE}/lookup`);
  const { connectionId, requestId } = await sendLive(page);
  const story = async () => (await ask<Story>(page, "GET", `/v1/verifications/${requestId}`)).body;
  const message = async () => (await story()).deliveries?.[0];
  await expect.poll(async () => (await message())?.attempts[0]?.providerId).toBeTruthy();
  const messageid = (await message())?.attempts[0]?.providerId;

  // The same connection becomes one of a kind that pushes receipts to a secret address.
  const smstools = { name: "Alpine", provider: { kind: "smstools", client_id: "id", client_secret: "secret" } };
  const { receiptUrl } = (await ask<{ receiptUrl: string }>(page, "PUT", `/v1/connections/${connectionId}`, smstools))
    .body;
  const push = async (data: object) => (await page.request.post(receiptUrl, { data })).status();
  await expect.poll(() => push({ webhook_type: "inbox_message" })).toBe(200);
  for (const payload of PAYLOADS) {
    const said = { messageid, delivery_code: 2, delivery_code_detail: payload, content: payload, receiver: payload };
    const receipt = { webhook_type: "delivery_report", message: said, [payload]: payload };
    expect(await push(receipt), payload).toBe(200);
  }
  await expect.poll(async () => (await message())?.receipt?.state).toBe("undeliverable");
  expect((await message())?.receipt, "a provider's words are not kept").not.toHaveProperty("reason");
  const main = page.getByRole("main");
  await page.goto(`${BASE}/verifications/${requestId}`);
  await expect(main.getByText("Receipt: ")).toBeVisible();
  await expectInert(page);
  await expect(main).not.toContainText("window.ran");

  // And were they kept one day, the page would show them as text.
  await page.route(`**/v1/verifications/${requestId}`, async (route) => {
    const answer = await route.fetch();
    const told = (await answer.json()) as Story;
    const [first] = told.deliveries;
    const deliveries = PAYLOADS.map((reason, index) => {
      const attempts = first?.attempts.map((attempt) => ({
        ...attempt,
        reason,
        providerId: reason,
        connectionName: reason,
      }));
      return { ...first, number: index + 1, attempts, receipt: { ...first?.receipt, reason } };
    });
    await route.fulfill({ response: answer, json: { ...told, deliveries } });
  });
  await page.reload();
  await expect(main.getByText("Receipt: ")).toHaveCount(PAYLOADS.length);
  await expectInert(page);
  const timeline = (await page.locator(".pf-timeline").textContent()) ?? "";
  const text = (await main.textContent()) ?? "";
  for (const payload of PAYLOADS) {
    expect(timeline).toContain(payload);
    // As the attempt's reason, the provider's id and the connection's name besides.
    expect(text.split(payload).length, payload).toBeGreaterThan(4);
  }
});
