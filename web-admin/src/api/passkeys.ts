import { client, dataOf, type Schemas } from "./client";

/** A passkey's answer, as the session operations take it. */
export type PasskeyProof = Schemas["PasskeyAnswer"];

/** The document leaves them an object; the Web Authentication API names what is in it. */
type Requested = PublicKeyCredentialRequestOptionsJSON;
type Created = PublicKeyCredentialCreationOptionsJSON;

/** Whether this browser knows passkeys at all. */
export const knowsPasskeys = () => "PublicKeyCredential" in window;

/** Has the person use one of their passkeys. */
export async function getPasskey(): Promise<PasskeyProof> {
  const { ceremony, publicKey } = await dataOf(client.POST("/v1/session/passkey-options"));
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(publicKey as unknown as Requested);
  return { ceremony, credential: toJson(await navigator.credentials.get({ publicKey: options })) };
}

/** Has the person's device make a passkey. */
export async function makePasskey(): Promise<PasskeyProof> {
  const { ceremony, publicKey } = await dataOf(client.POST("/v1/me/passkeys/options"));
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey as unknown as Created);
  return { ceremony, credential: toJson(await navigator.credentials.create({ publicKey: options })) };
}

function toJson(credential: Credential | null): PasskeyProof["credential"] {
  if (!(credential instanceof PublicKeyCredential)) throw new Error("No passkey was chosen.");
  return credential.toJSON();
}
