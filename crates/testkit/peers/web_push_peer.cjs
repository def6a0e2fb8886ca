"use strict";
// A push service and the browser behind it, for tests: takes messages over HTTP, opens them with http_ece as the browser would, and
// checks who sent them with Node's own cryptography.
//
// Prints a line of JSON with its port and the browser's keys, then one per message. Reads lines of JSON that change its answer:
// {"status": 410, "retry_after": 7}. Ends when its input ends.

const crypto = require("node:crypto");
const http = require("node:http");
const readline = require("node:readline");
const ece = require("http_ece");

const browser = crypto.createECDH("prime256v1");
browser.generateKeys();
const auth = crypto.randomBytes(16);
const orders = { status: 201 };

function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

// RFC 8292: the token is signed with the key that stands beside it.
function sender(authorization, origin) {
  const [, token, key] = /^vapid t=([^,]+), k=([\w-]+)$/.exec(authorization);
  const [head, claims, signature] = token.split(".");
  const point = Buffer.from(key, "base64url");
  const jwk = {
    kty: "EC", crv: "P-256",
    x: point.subarray(1, 33).toString("base64url"),
    y: point.subarray(33).toString("base64url"),
  };
  const options = { key: crypto.createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  const is_signed = crypto.verify("sha256", Buffer.from(`${head}.${claims}`), options, Buffer.from(signature, "base64url"));
  const said = JSON.parse(Buffer.from(claims, "base64url"));
  const left = said.exp - Date.now() / 1000;
  return {
    key,
    subject: said.sub,
    is_valid: is_signed && JSON.parse(Buffer.from(head, "base64url")).alg === "ES256" && said.aud === origin && left > 0 && left < 86400,
  };
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    let message;
    try {
      const text = ece.decrypt(Buffer.concat(chunks), {
        version: "aes128gcm", privateKey: browser, authSecret: auth.toString("base64url"),
      });
      const origin = `http://127.0.0.1:${server.address().port}`;
      message = { text: text.toString(), sender: sender(request.headers.authorization, origin) };
    } catch (error) {
      message = { error: String(error) };
    }
    const { ttl, urgency, topic } = request.headers;
    say({ method: request.method, path: request.url, encoding: request.headers["content-encoding"], ttl, urgency, topic, ...message });
    if (orders.retry_after) response.setHeader("Retry-After", orders.retry_after);
    response.writeHead(orders.status).end();
  });
});
server.listen(0, "127.0.0.1", () => {
  say({ port: server.address().port, p256dh: browser.getPublicKey("base64url"), auth: auth.toString("base64url") });
});

const input = readline.createInterface({ input: process.stdin });
input.on("line", (line) => {
  Object.assign(orders, JSON.parse(line));
  say({ ordered: true });
});
input.on("close", () => process.exit(0));
