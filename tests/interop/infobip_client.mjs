// Infobip's own Node client (@infobip-api/sdk 0.3.2) drives a running installation; only its base URL and key change. It gives
// refusals back instead of throwing them, as errors of its HTTP client.
//
//     node tests/interop/infobip_client.mjs [ENV_FILE]

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(path.join(root, ".dev/peers/package.json"));
const { Infobip, AuthType } = require("@infobip-api/sdk");

const UNKNOWN = "0933F3BC087D2A617AC6DCB2EF5B8A61";
const SETTLING_STEPS = 30;
const values = Object.fromEntries(
  readFileSync(process.argv[2] ?? path.join(root, ".dev/demo.env"), "utf8")
    .split("\n").filter((line) => /^\w+=/.test(line)).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const newNumber = () => `4179${randomInt(100, 1000)}${randomInt(1000, 9000)}`;
const pinIn = (text) => /\b\d{4,10}\b/.exec(text)[0];
const wrong = (pin) => [...pin].map((digit) => (Number(digit) + 1) % 10).join("");

const client = (apiKey = values.API_KEY) =>
  new Infobip({ baseUrl: values.BASE_URL, apiKey, authType: AuthType.ApiKey }).service.twoFA;

async function ok(call) {
  const answer = await call;
  assert.equal(answer.status, 200, answer.response ? JSON.stringify(answer.response.data) : String(answer.message));
  return answer.data;
}

/** The error that the client gives back, with the vendor's envelope in it. */
async function refused(call, status, messageId, field) {
  const error = await call;
  assert.equal(error.name, "AxiosError", `a refusal with ${status} is no error: ${JSON.stringify(error.data)}`);
  assert.equal(error.response.status, status, JSON.stringify(error.response.data));
  const { serviceException } = error.response.data.requestError;
  assert.equal(serviceException.messageId, messageId);
  assert.ok(serviceException.text.length > 0);
  if (field) assert.ok(serviceException.validationErrors[field].length > 0, JSON.stringify(serviceException));
  return error.response;
}

async function messages(to, count) {
  const end = Date.now() + 15_000;
  for (;;) {
    const found = (await (await fetch(`${values.SIMULATOR_URL}/api/messages?to=${to}`)).json()).messages;
    if (found.length >= count) return found;
    assert.ok(Date.now() < end, `${found.length} of ${count} messages came`);
    await pause(50);
  }
}

/** An application and a template of its own, and a way to send. */
async function fresh(limits = {}, template = {}) {
  const api = client();
  const configuration = { verifyPinLimit: "100/1s", sendPinPerPhoneNumberLimit: "20/1h", allowMultiplePinVerifications: false, pinAttempts: 10, ...limits };
  const { applicationId } = await ok(api.createApplication({ name: "Node", enabled: true, configuration }));
  const text = { messageText: "Your pin is {{pin}}", pinType: "NUMERIC", pinLength: 6, ...template };
  const { messageId } = await ok(api.createMessageTemplate(applicationId, text));
  const request = (to, more = {}) => ({ applicationId, messageId, to, ...more });
  return { api, applicationId, messageId, request };
}

const judged = ({ verified, attemptsRemaining, pinError }) => [verified, attemptsRemaining, pinError];

const steps = {
  async "the right PIN verifies once, a wrong one costs an attempt"() {
    const { api, applicationId, request } = await fresh({}, { messageText: "{{pin}} for {{firstName}}" });
    const to = newNumber();
    const sent = await ok(api.sendPINCodeSMS(request(to, { placeholders: { firstName: "John" } })));
    assert.deepEqual([sent.to, sent.ncStatus, sent.smsStatus], [to, "NC_NOT_CONFIGURED", "MESSAGE_SENT"]);
    const [arrived] = await messages(to, 1);
    const pin = pinIn(arrived.text);
    assert.equal(arrived.text, `${pin} for John`);
    assert.deepEqual(judged(await ok(api.verifyPhoneNumber(sent.pinId, { pin: wrong(pin) }))), [false, 9, "WRONG_PIN"]);
    const right = await ok(api.verifyPhoneNumber(sent.pinId, { pin }));
    assert.deepEqual([right.pinId, right.msisdn, ...judged(right)], [sent.pinId, to, true, 0, undefined]);
    assert.equal((await ok(api.verifyPhoneNumber(sent.pinId, { pin }))).verified, false);
    const { verifications } = await ok(api.getVerificationStatus(applicationId, { msisdn: to, verified: true }));
    assert.deepEqual(verifications.map(({ msisdn, verified }) => [msisdn, verified]), [[to, true]]);
  },

  async "ncNeeded is absent, true or false"() {
    const { api, request } = await fresh();
    for (const needed of [undefined, true, false]) {
      assert.equal((await ok(api.sendPINCodeSMS(request(newNumber()), needed))).smsStatus, "MESSAGE_SENT", String(needed));
    }
  },

  async "a PIN is resent by SMS and by voice, the same each time"() {
    const { api, request } = await fresh();
    const to = newNumber();
    const sent = await ok(api.sendPINCodeSMS(request(to)));
    assert.equal((await ok(api.resendPINCodeSMS(sent.pinId, {}))).pinId, sent.pinId);
    assert.equal((await ok(api.resendPINCodeVoice(sent.pinId, {}))).callStatus, "PENDING_ACCEPTED");
    const arrived = await messages(to, 3);
    const pins = new Set(arrived.filter(({ channel }) => channel === "sms").map(({ text }) => pinIn(text)));
    assert.equal(pins.size, 1);
    assert.deepEqual(arrived.map(({ channel }) => channel).sort(), ["sms", "sms", "voice"]);
    assert.equal((await ok(api.verifyPhoneNumber(sent.pinId, { pin: [...pins][0] }))).verified, true);
  },

  async "a PIN is called"() {
    const { api, request } = await fresh({}, { repeatDTMF: "1#", speechRate: 0.8 });
    const to = newNumber();
    assert.equal((await ok(api.sendPINCodeVoice(request(to)))).callStatus, "PENDING_ACCEPTED");
    assert.equal((await messages(to, 1))[0].channel, "voice");
  },

  async "an exhausted PIN and an expired one say so"() {
    const { api, request } = await fresh({ pinAttempts: 3, pinTimeToLive: "3s" });
    const to = newNumber();
    const sent = await ok(api.sendPINCodeSMS(request(to)));
    const pin = pinIn((await messages(to, 1))[0].text);
    for (const left of [2, 1, 0]) {
      assert.equal((await ok(api.verifyPhoneNumber(sent.pinId, { pin: wrong(pin) }))).attemptsRemaining, left);
    }
    assert.deepEqual(judged(await ok(api.verifyPhoneNumber(sent.pinId, { pin }))), [false, 0, "NO_MORE_PIN_ATTEMPTS"]);
    const late = newNumber();
    const other = await ok(api.sendPINCodeSMS(request(late)));
    const gone = pinIn((await messages(late, 1))[0].text);
    await pause(3_200);
    assert.deepEqual(judged(await ok(api.verifyPhoneNumber(other.pinId, { pin: gone }))), [false, 0, "TTL_EXPIRED"]);
  },

  async "applications and templates are configured"() {
    const { api, applicationId, messageId } = await fresh();
    assert.ok((await ok(api.getApplications())).some((one) => one.applicationId === applicationId));
    const read = await ok(api.getApplication(applicationId));
    assert.deepEqual([read.name, read.enabled, read.configuration.allowMultiplePinVerifications], ["Node", true, false]);
    const changed = await ok(api.updateApplication(applicationId, { name: "Renamed", enabled: true }));
    assert.equal(changed.name, "Renamed");
    assert.equal((await ok(api.getMessageTemplates(applicationId)))[0].messageId, messageId);
    const update = { messageText: "{{pin}} is yours", pinType: "NUMERIC", pinLength: 8 };
    assert.equal((await ok(api.updateMessageTemplate(applicationId, messageId, update))).pinLength, 8);
    assert.equal((await ok(api.getMessageTemplate(applicationId, messageId))).messageText, "{{pin}} is yours");
  },

  async "limits are refused with how long to wait"() {
    const { api, request } = await fresh({ sendPinPerPhoneNumberLimit: "1/1h", verifyPinLimit: "1/1h" });
    const to = newNumber();
    const sent = await ok(api.sendPINCodeSMS(request(to)));
    const again = await refused(api.sendPINCodeSMS(request(to)), 429, "TOO_MANY_REQUESTS");
    assert.ok(Number(again.headers["retry-after"]) > 3_000);
    const pin = pinIn((await messages(to, 1))[0].text);
    await ok(api.verifyPhoneNumber(sent.pinId, { pin: wrong(pin) }));
    await refused(api.verifyPhoneNumber(sent.pinId, { pin }), 429, "TOO_MANY_REQUESTS");
  },

  async "what is wrong is the client's own error"() {
    const { api, applicationId, request } = await fresh();
    await refused(client("nobody").getApplications(), 401, "UNAUTHORIZED");
    await refused(api.getApplication(UNKNOWN), 404, "NOT_FOUND");
    await refused(api.verifyPhoneNumber(UNKNOWN, { pin: "123456" }), 404, "NOT_FOUND");
    await refused(api.resendPINCodeSMS(UNKNOWN, {}), 404, "NOT_FOUND");
    await refused(api.sendPINCodeSMS(request("12")), 400, "BAD_REQUEST", "to");
    const none = { name: "Node", configuration: { pinAttempts: 0 } };
    await refused(api.createApplication(none), 400, "BAD_REQUEST", "configuration.pinAttempts");
    const text = { messageText: "no code here", pinType: "NUMERIC", pinLength: 6 };
    await refused(api.createMessageTemplate(applicationId, text), 400, "BAD_REQUEST", "messageText");
    await ok(api.updateApplication(applicationId, { name: "Node", enabled: false }));
    // Processes learn of a change by a notification, a moment after it was made.
    for (let turn = 0; turn < SETTLING_STEPS; turn += 1) {
      if ((await api.sendPINCodeSMS(request(newNumber()))).response?.status === 403) break;
      await pause(100);
    }
    await refused(api.sendPINCodeSMS(request(newNumber())), 403, "FORBIDDEN");
  },
};

for (const [name, step] of Object.entries(steps)) {
  await step();
  console.log(`  ${name}`);
}
