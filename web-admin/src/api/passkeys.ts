import { call } from "./own";

/** A passkey's answer, as the session operations take it. */
export interface PasskeyProof {
  ceremony: string;
  credential: unknown;
}

interface Asked<Options> {
  ceremony: string;
  publicKey: Options;
}

/** Whether this browser knows passkeys at all. */
export const knowsPasskeys = () => "PublicKeyCredential" in window;

/** Has the person use one of their passkeys. */
export async function getPasskey(): Promise<PasskeyProof> {
  const { ceremony, publicKey } = await call<Asked<PublicKeyCredentialRequestOptionsJSON>>(
    "POST",
    "/v1/session/passkey-options",
    {},
  );
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(publicKey);
  return { ceremony, credential: toJson(await navigator.credentials.get({ publicKey: options })) };
}

/** Has the person's device make a passkey. */
export async function makePasskey(): Promise<PasskeyProof> {
  const { ceremony, publicKey } = await call<Asked<PublicKeyCredentialCreationOptionsJSON>>(
    "POST",
    "/v1/me/passkeys/options",
    {},
  );
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey);
  return { ceremony, credential: toJson(await navigator.credentials.create({ publicKey: options })) };
}

function toJson(credential: Credential | null): unknown {
  if (!(credential instanceof PublicKeyCredential)) throw new Error("No passkey was chosen.");
  return credential.toJSON();
}
