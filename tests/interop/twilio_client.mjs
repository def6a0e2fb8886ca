// Twilio's own Node client (twilio 6.2.0) drives a running installation; only its base URL changes.
//
//     node tests/interop/twilio_client.mjs [ENV_FILE]

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const require = createRequire(join(root, ".dev", "peers", "package.json"));
const twilio = require("twilio");

const file = process.argv[2] ?? join(root, ".dev", "demo.env");
const values = Object.fromEntries(
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.includes("=") && !line.startsWith("#"))
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1).trim()]),
);

function client(token = values.AUTH_TOKEN) {
  const made = twilio(values.ACCOUNT_SID, token);
  made.verify.baseUrl = values.BASE_URL;
  return made.verify.v2;
}

const digits = (count) => String(Math.floor(Math.random() * 10 ** count)).padStart(count, "1");
const newNumber = () => `4179${100 + Math.floor(Math.random() * 900)}${1000 + Math.floor(Math.random() * 8000)}`;
const wrong = (code) => [...code].map((digit) => (Number(digit) + 1) % 10).join("");
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function messages(to, count) {
  const end = Date.now() + 15_000;
  for (;;) {
    const answer = await fetch(`${values.SIMULATOR_URL}/api/messages?to=${encodeURIComponent(to)}`);
    const found = (await answer.json()).messages;
    if (found.length >= count) return found;
    assert.ok(Date.now() < end, `${found.length} of ${count} messages came`);
    await pause(50);
  }
}

const code = async (to, count = 1) => (await messages(to, count))[0].text.match(/\b\d{4,10}\b/)[0];

async function refused(call, status, number) {
  await assert.rejects(call, (error) => {
    assert.equal(error.constructor.name, "RestException");
    assert.deepEqual([error.status, error.code], [status, number], error.message);
    return true;
  });
}

const steps = {
  async "the right code approves once"() {
    const service = client().services(values.SERVICE_SID);
    const to = newNumber();
    const sent = await service.verifications.create({ to: `+${to}`, channel: "sms", locale: "de" });
    assert.deepEqual([sent.status, sent.valid, sent.to], ["pending", false, `+${to}`]);
    const right = await code(to);
    const first = await service.verificationChecks.create({ to: `+${to}`, code: wrong(right) });
    assert.deepEqual([first.status, first.valid], ["pending", false]);
    assert.equal((await service.verifications(`+${to}`).fetch()).sid, sent.sid);
    await pause(1_100);
    const second = await service.verificationChecks.create({ verificationSid: sent.sid, code: right });
    assert.deepEqual([second.status, second.valid], ["approved", true]);
    await refused(() => service.verificationChecks.create({ to: `+${to}`, code: right }), 404, 20404);
  },

  async "a repeated create joins, and the sixth is refused"() {
    const made = await client().services.create({ friendlyName: "Node" });
    const service = client().services(made.sid);
    const to = newNumber();
    const sids = new Set();
    for (let count = 0; count < 5; count += 1) {
      sids.add((await service.verifications.create({ to: `+${to}`, channel: "sms" })).sid);
    }
    assert.equal(sids.size, 1);
    await refused(() => service.verifications.create({ to: `+${to}`, channel: "sms" }), 429, 60203);
    const right = await code(to, 5);
    for (let count = 0; count < 5; count += 1) {
      assert.equal((await service.verificationChecks.create({ to: `+${to}`, code: wrong(right) })).valid, false);
      await pause(250);
    }
    await refused(() => service.verificationChecks.create({ to: `+${to}`, code: right }), 429, 60202);
  },

  async "a verification is cancelled"() {
    const service = client().services(values.SERVICE_SID);
    const to = newNumber();
    const sent = await service.verifications.create({ to: `+${to}`, channel: "sms" });
    const right = await code(to);
    assert.equal((await service.verifications(sent.sid).update({ status: "canceled" })).status, "canceled");
    await refused(() => service.verificationChecks.create({ to: `+${to}`, code: right }), 404, 20404);
  },

  async "services and rate limits are configured"() {
    const verify = client();
    const made = await verify.services.create({ friendlyName: "Configured", codeLength: 8, customCodeEnabled: true });
    assert.equal(made.codeLength, 8);
    for (let count = 0; count < 2; count += 1) await verify.services.create({ friendlyName: `Page ${count}` });
    const listed = await verify.services.list({ pageSize: 1 });
    assert.ok(listed.some((service) => service.sid === made.sid) && listed.length >= 3);
    const service = verify.services(made.sid);
    const limit = await service.rateLimits.create({ uniqueName: "ip" });
    await service.rateLimits(limit.sid).buckets.create({ max: 1, interval: 60 });
    await pause(1_000);
    const rateLimits = { ip: `192.0.2.${digits(2)}` };
    await service.verifications.create({ to: `+${newNumber()}`, channel: "sms", rateLimits });
    await refused(() => service.verifications.create({ to: `+${newNumber()}`, channel: "sms", rateLimits }), 429, 20429);
    assert.equal(await service.remove(), true);
    await refused(() => service.fetch(), 404, 20404);
  },

  async "what is wrong is the client's own error"() {
    const service = client().services(values.SERVICE_SID);
    await refused(() => client(`pf_live_${"A".repeat(43)}`).services(values.SERVICE_SID).fetch(), 401, 20003);
    await refused(() => service.verifications.create({ to: "12", channel: "sms" }), 400, 60200);
    await refused(() => service.verifications.create({ to: `+${newNumber()}`, channel: "pigeon" }), 400, 60200);
    await refused(() => service.verificationChecks.create({ to: `+${newNumber()}`, code: "123456" }), 404, 20404);
    await refused(() => client().services(`VA${"0".repeat(32)}`).fetch(), 404, 20404);
  },
};

for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
  } catch (error) {
    console.log(`  FAILED ${name}: ${error.message}`);
    process.exit(1);
  }
}
console.log(`  ${Object.keys(steps).length} groups of steps passed`);
