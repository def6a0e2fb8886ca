"use strict";
// An OpenID provider for tests: oidc-provider with its own pages. Whoever types a name there is that person, with any password.
//
// Prints a line of JSON with its issuer. Reads lines of JSON:
// {"client": {"id": …, "secret": …, "redirect_uris": […], "alg": "ES256"}}  a client; ID tokens for it are signed so
// {"person": "ann", "claims": {"email": …}}                                 what it says of somebody, beside the name
// {"forge": {"aud": …}, "signer": "stranger"}                               what its next ID tokens say instead, and who signs them
// {"rotate": true}                                                         other keys from now on
// {"away": true}                                                           no answers from now on
// Ends when its input ends.

const crypto = require("node:crypto");
const http = require("node:http");
const readline = require("node:readline");
const { Provider } = require("oidc-provider");
const jose = require("jose");

const HOST = JSON.parse(process.argv[2] ?? "{}").host ?? "127.0.0.1";
const KINDS = {
  RS256: ["rsa", { modulusLength: 2048 }],
  ES256: ["ec", { namedCurve: "P-256" }],
  EdDSA: ["ed25519", {}],
};
const SCOPES = "openid email profile";

const state = { client: null, people: {}, forge: null, signer: null, isAway: false, keys: [], answer: null };
let issuer;

function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function newKeys() {
  return Object.entries(KINDS).map(([alg, [kind, options]]) => {
    const { privateKey } = crypto.generateKeyPairSync(kind, options);
    return { ...privateKey.export({ format: "jwk" }), alg, use: "sig", kid: crypto.randomUUID() };
  });
}

// The ID token of an answer with other claims, or with the signature of somebody who only knows the name of the key.
async function forged(token) {
  const header = jose.decodeProtectedHeader(token);
  const claims = { ...jose.decodeJwt(token), ...state.forge };
  const keys = state.signer === "stranger" ? newKeys() : state.keys;
  const key = await jose.importJWK(keys.find(({ alg }) => alg === header.alg), header.alg);
  return new jose.SignJWT(claims).setProtectedHeader(header).sign(key);
}

function open() {
  const { id, secret, redirect_uris, alg } = state.client;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: id, client_secret: secret, redirect_uris,
      grant_types: ["authorization_code"], response_types: ["code"], id_token_signed_response_alg: alg ?? "RS256",
    }],
    cookies: { keys: ["of tests"] },
    jwks: { keys: state.keys },
    enabledJWA: { idTokenSigningAlgValues: Object.keys(KINDS) },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: `${sub}@example.com`, name: sub, ...state.people[sub] }),
    }),
    // Nobody is asked what this installation may know of them.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope(SCOPES);
      await grant.save();
      return grant;
    },
  });
  provider.use(async (context, next) => {
    await next();
    if (context.oidc?.route === "token" && context.body?.id_token && (state.forge || state.signer)) {
      context.body.id_token = await forged(context.body.id_token);
    }
  });
  state.answer = provider.callback();
}

const server = http.createServer((request, response) => {
  if (state.isAway || !state.answer) request.socket.destroy();
  else state.answer(request, response);
});
server.listen(0, HOST, () => {
  issuer = `http://${HOST}:${server.address().port}`;
  state.keys = newKeys();
  say({ issuer });
});

const input = readline.createInterface({ input: process.stdin });
input.on("line", (line) => {
  const order = JSON.parse(line);
  if (order.client) state.client = order.client;
  if (order.person) state.people[order.person] = order.claims;
  if ("forge" in order) Object.assign(state, { forge: order.forge, signer: order.signer ?? null });
  if (order.rotate) state.keys = newKeys();
  if ("away" in order) state.isAway = order.away;
  if (order.client || order.rotate) open();
  say({ ordered: true });
});
input.on("close", () => process.exit(0));
