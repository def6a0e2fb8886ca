import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, lastMessage, test } from "./world";

const { BASE_URL = "", API_KEY = "", APPLICATION_ID = "" } = process.env;
const HOME = new URL(BASE_URL).origin;
const headers = { authorization: `App ${API_KEY}`, "content-type": "application/json" };
const unique = () => `${Date.now()}`.slice(-7);

async function api(path: string, body: object): Promise<Record<string, string>> {
  const answer = await fetch(`${HOME}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, string>;
}

/** A client app on an origin of its own, with the policy that the guide asks for and nothing more. */
class Shop {
  readonly minted: Record<string, string>[] = [];
  #server: Server;

  constructor(asked: object, origin?: string) {
    this.#server = createServer(async (request, answer) => {
      const policy = `default-src 'none'; script-src 'self' ${HOME}; connect-src 'self' ${HOME}; require-trusted-types-for 'script'`;
      answer.setHeader("content-security-policy", policy);
      if (request.url === "/token") {
        const origins = [origin ?? this.origin];
        this.minted.push(await api("/v1/widget/tokens", { applicationId: APPLICATION_ID, origins, ...asked }));
        answer.end(this.minted.at(-1)?.token);
      } else if (request.url === "/shop.js") {
        answer.setHeader("content-type", "text/javascript");
        answer.end(`
          const widget = document.createElement("pinfold-verify");
          widget.getToken = async () => (await fetch("/token")).text();
          widget.addEventListener("pinfold-verified", (event) => { document.getElementById("proof").textContent = event.detail.sessionToken; });
          document.querySelector("main").prepend(widget);`);
      } else {
        answer.setHeader("content-type", "text/html");
        answer.end(`<!doctype html><html lang="en"><meta name="color-scheme" content="light dark"><title>Shop</title>
          <main><h1>Shop</h1><p id="proof"></p></main>
          <script src="${HOME}/widget.js" defer></script><script src="/shop.js" defer></script></html>`);
      }
    });
  }

  get origin() {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async open() {
    await new Promise<void>((opened) => this.#server.listen(0, "127.0.0.1", () => opened()));
    return this;
  }

  close() {
    this.#server.close();
  }
}

/** What a tenant's server does with what it is given: checks it by the published keys, without asking Pinfold of it. */
async function claims(token: string): Promise<Record<string, string>> {
  const [header = "", body = "", signature = ""] = token.split(".");
  const { kid } = JSON.parse(Buffer.from(header, "base64url").toString());
  const { keys } = (await (await fetch(`${HOME}/.well-known/jwks.json`)).json()) as {
    keys: (JsonWebKey & { kid: string })[];
  };
  const key = createPublicKey({ key: keys.find((one) => one.kid === kid) as JsonWebKey, format: "jwk" });
  expect(verify(null, Buffer.from(`${header}.${body}`), key, Buffer.from(signature, "base64url"))).toBe(true);
  return JSON.parse(Buffer.from(body, "base64url").toString());
}

const codeIn = (text: string) => /\d{6}/.exec(text)?.[0] ?? "";
const shot = (page: Page, name: string) => page.screenshot({ path: `test-results/widget-${name}.png` });

for (const colorScheme of ["light", "dark"] as const) {
  test(`somebody verifies a number in a page of another origin, ${colorScheme}`, async ({ page }) => {
    const shop = await new Shop({ channels: ["sms", "voice"], resendSeconds: 5 }).open();
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 375, height: 640 });
    await page.goto(shop.origin);
    const number = page.getByLabel("Phone number");
    await expect(number).toHaveAttribute("autocomplete", "tel");
    await expectAccessible(page);
    await shot(page, `number-${colorScheme}`);
    await number.fill("12");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("status")).toHaveText(/check the number/);

    const to = `+4179${unique()}`;
    await number.fill(to);
    await page.getByRole("button", { name: "Send code" }).click();
    const field = page.getByLabel("Code");
    await expect(field).toBeFocused();
    await expect(field).toHaveAttribute("autocomplete", "one-time-code");
    await expect(field).toHaveAttribute("inputmode", "numeric");
    await expect(page.getByRole("button", { name: /Send again in \d s/ })).toBeDisabled();
    const code = codeIn(await lastMessage(page, to));
    await expectAccessible(page);
    await shot(page, `code-${colorScheme}`);

    await field.fill(code === "000000" ? "111111" : "000000");
    await expect(page.getByRole("status")).toHaveText(/not right. Attempts left: 9/);
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await page.getByRole("button", { name: "Call me instead" }).click({ timeout: 15_000 });
    await expect(page.getByText(/We are calling/)).toBeVisible();
    await page.keyboard.insertText(` ${code.slice(0, 3)} ${code.slice(3)}`);
    await expect(page.getByRole("status")).toHaveText("Verified. Thank you!");
    await expectAccessible(page);
    const said = await claims((await page.locator("#proof").textContent()) ?? "");
    expect([said.sub, said.pin_id, said.aud]).toEqual([to, shop.minted[0]?.pinId, APPLICATION_ID]);
    shop.close();
  });
}

test("a page that the token does not name gets nothing and sends nothing", async ({ page }) => {
  const to = `+4179${unique()}`;
  const thief = await new Shop({ to }, "https://shop.example").open();
  await page.goto(thief.origin);
  await expect(page.getByRole("status")).toHaveText(/No connection/);
  await expect(page.getByRole("button")).toHaveCount(0);
  thief.close();
});

test("the page of this installation asks in German and hands the result on", async ({ browser }) => {
  const page = await (await browser.newContext({ locale: "de-CH" })).newPage();
  const to = `+4179${unique()}`;
  const shop = await new Shop({}).open();
  const returnUrl = `${shop.origin}/done`;
  const { url = "", pinId } = await api("/v1/widget/tokens", {
    applicationId: APPLICATION_ID,
    to,
    locale: "de",
    returnUrl,
  });
  await page.goto(url);
  expect(page.url()).toBe(`${HOME}/verify`);
  await page.getByRole("button", { name: "Code senden" }).click();
  await page.getByLabel("Code").fill(codeIn(await lastMessage(page, to)));
  await expect(page.getByRole("status")).toHaveText("Bestätigt. Vielen Dank!");
  await expectAccessible(page);
  await page.getByRole("link", { name: "Weiter" }).click();
  expect(page.url()).toContain(`${returnUrl}#pinfold-session=`);
  expect((await claims(decodeURIComponent(page.url().split("=")[1] ?? ""))).pin_id).toBe(pinId);
  shop.close();
});

test("a link in a mail confirms when somebody presses the button, and not before", async ({ page }) => {
  const template = await api(`/2fa/2/applications/${APPLICATION_ID}/email/messages`, {
    emailTemplateId: 9,
    from: "shop@example.com",
    subject: "Confirm",
    pinLength: 6,
    pinType: "NUMERIC",
    text: "Open {{confirmLink}} or type {{pin}}",
  });
  const to = `ada-${unique()}@example.com`;
  const { pinId } = await api("/2fa/2/pin/email", { applicationId: APPLICATION_ID, messageId: template.messageId, to });
  const status = async () =>
    ((await (await fetch(`${HOME}/v1/otp/${pinId}`, { headers })).json()) as { status: string }).status;
  const link = /https?:\/\/\S+\/confirm#\S+/.exec(await lastMessage(page, to))?.[0] ?? "";
  await page.goto(link);
  await expect(page.getByRole("button", { name: "Confirm" })).toBeVisible();
  await expectAccessible(page);
  expect(page.url()).toBe(`${HOME}/confirm`);
  expect(await status()).toBe("pending");
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("status")).toHaveText(/Confirmed/);
  expect(await status()).toBe("verified");
});
