// Vonage's own Node client (@vonage/server-sdk 3.27.0 with @vonage/verify2) drives a running installation with tokens that it signs
// itself; only its host and key change.
//
//     node tests/interop/vonage_client.mjs [ENV_FILE]

import assert from "node:assert/strict";
import { generateKeyPairSync, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(path.join(root, ".dev/peers/package.json"));
const { Vonage } = require("@vonage/server-sdk");
const { Auth } = require("@vonage/auth");

const UNKNOWN = "c11236f4-00bf-4b89-84ba-88b25df97315";
const values = Object.fromEntries(
  readFileSync(process.argv[2] ?? path.join(root, ".dev/demo.env"), "utf8")
    .split("\n").filter((line) => /^\w+=/.test(line)).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
);
const step = (text) => console.log(`  ${text}`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const newNumber = () => `4179${randomInt(100, 1000)}${randomInt(1000, 9000)}`;
const pinIn = (text) => /\b\d{4,10}\b/.exec(text)[0];
const wrong = (pin) => [...pin].map((digit) => (Number(digit) + 1) % 10).join("");

async function ask(method, url, body) {
  const answer = await fetch(values.BASE_URL + url, {
    method,
    headers: { authorization: `Bearer ${values.API_KEY}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  assert(answer.ok, `${method} ${url}: ${answer.status} ${await answer.clone().text()}`);
  return answer.status === 204 ? null : answer.json();
}

/** An application with these limits and a public key, and a client that signs with the other half. */
async function fresh(limits = {}) {
  const configuration = { verifyPinLimit: "100/1s", sendPinPerPhoneNumberLimit: "20/1h", ...limits };
  const { applicationId } = await ask("POST", "/2fa/2/applications", { name: "Vonage", configuration });
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const stored = await ask("PUT", `/v1/applications/${applicationId}/public-key`, { publicKey: pair.publicKey });
  return { applicationId, client: signing(stored.tokenApplicationId, pair.privateKey) };
}

function signing(applicationId, privateKey) {
  return new Vonage(new Auth({ applicationId, privateKey }), { apiHost: values.BASE_URL }).verify2;
}

const sms = (to, more = {}) => ({ brand: "ACME", workflow: [{ channel: "sms", to }], ...more });

async function messages(to, count) {
  for (let turn = 0; turn < 300; turn += 1) {
    const found = (await (await fetch(`${values.SIMULATOR_URL}/api/messages?to=${to}`)).json()).messages;
    if (found.length >= count) {
      assert.equal(found.length, count, `messages at ${to}`);
      return found;
    }
    await pause(50);
  }
  throw new assert.AssertionError({ message: `no ${count} messages at ${to}` });
}

/** Wants the client's own error with this status, and gives the body that it holds. */
async function refused(call, status, what) {
  try {
    await call();
  } catch (error) {
    assert(error.response, `${what}: ${error.stack}`);
    assert.equal(error.response.status, status, what);
    return error.response.json();
  }
  throw new assert.AssertionError({ message: `${what} was not refused` });
}

async function happy() {
  const { client } = await fresh();
  const to = newNumber();
  const started = await client.newRequest(sms(to, { codeLength: 6, channelTimeout: 120, clientRef: "r" }));
  const requestId = started.requestId ?? started.request_id;
  const pin = pinIn((await messages(to, 1))[0].text);
  assert.equal(await client.checkCode(requestId, pin), "completed");
  step("a code is sent and checked");
}

async function wrongCodes() {
  const { client } = await fresh();
  const to = newNumber();
  const { requestId } = await client.newRequest(sms(to));
  const pin = pinIn((await messages(to, 1))[0].text);
  for (const status of [400, 400, 410, 410]) {
    await refused(() => client.checkCode(requestId, wrong(pin)), status, `a wrong code, ${status}`);
  }
  step("400 for a wrong code, 410 for the third and every one after it");
}

async function resend() {
  const { client } = await fresh();
  const to = newNumber();
  const workflow = [{ channel: "sms", to }, { channel: "voice", to }];
  const { requestId } = await client.newRequest({ brand: "ACME", workflow, channelTimeout: 120 });
  const pin = pinIn((await messages(to, 1))[0].text);
  assert.equal(await client.nextWorkflow(requestId), true);
  await messages(to, 2);
  assert.equal(await client.nextWorkflow(requestId), false, "no channel is left");
  assert.equal(await client.checkCode(requestId, pin), "completed");
  step("the next channel carries the same code");
}

async function canceled() {
  const { client } = await fresh();
  const to = newNumber();
  const { requestId } = await client.newRequest(sms(to));
  const pin = pinIn((await messages(to, 1))[0].text);
  assert.equal(await client.cancel(requestId), true);
  assert.equal(await client.cancel(requestId), false);
  await refused(() => client.checkCode(requestId, pin), 404, "a code of a canceled request");
  step("a canceled request is gone");
}

async function concurrent() {
  const { client } = await fresh();
  const to = newNumber();
  const { requestId } = await client.newRequest(sms(to));
  const body = await refused(() => client.newRequest(sms(to)), 409, "a second verification");
  assert.equal(body.request_id, requestId);
  step("409 with the running request's id");
}

async function unknownAndBad() {
  const { client } = await fresh();
  await refused(() => client.checkCode(UNKNOWN, "123456"), 404, "an unknown request");
  const body = await refused(() => client.newRequest(sms("99900000000")), 422, "no number");
  assert.equal(body.invalid_parameters[0].name, "workflow[0].to");
  step("404 and 422 with their bodies");
}

async function badCredentials() {
  const { client, applicationId } = await fresh();
  const other = generateKeyPairSync("rsa", {
    modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const hyphenated = applicationId.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  await refused(() => signing(hyphenated, other.privateKey).newRequest(sms(newNumber())), 401, "a key of somebody else's");
  await refused(() => signing(UNKNOWN, other.privateKey).newRequest(sms(newNumber())), 401, "an unknown application");
  // What was taken away is refused within seconds.
  await client.newRequest(sms(newNumber()));
  await ask("DELETE", `/v1/applications/${applicationId}/public-key`);
  await pause(5000);
  await refused(() => client.newRequest(sms(newNumber())), 401, "a key that was taken away");
  step("401 for tokens that the application's key did not sign");
}

async function rateLimited() {
  const { client } = await fresh({ sendPinPerPhoneNumberLimit: "1/1h" });
  const to = newNumber();
  const { requestId } = await client.newRequest(sms(to));
  await messages(to, 1);
  await client.cancel(requestId);
  const body = await refused(() => client.newRequest(sms(to)), 429, "a second message");
  assert.equal(body.title, "Rate Limit Hit");
  step("429 for too many messages");
}

async function expired() {
  const { client } = await fresh();
  const to = newNumber();
  const { requestId } = await client.newRequest(sms(to, { channelTimeout: 15 }));
  const pin = pinIn((await messages(to, 1))[0].text);
  await pause(16000);
  await refused(() => client.checkCode(requestId, pin), 404, "a code that has expired");
  step("an expired request is gone");
}

const STEPS = [happy, wrongCodes, resend, canceled, concurrent, unknownAndBad, badCredentials, rateLimited, expired];
for (const one of STEPS) {
  try {
    await one();
  } catch (error) {
    console.log(`  FAILED ${one.name}: ${error.stack}`);
    process.exit(1);
  }
}
console.log(`  ${STEPS.length} groups of steps passed`);
process.exit(0);
