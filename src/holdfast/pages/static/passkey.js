// Asking a passkey, and saying in plain words why it did not answer. No library, no markup from text.

const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const decode = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));

const WORDS = {
  NotAllowedError: "Nothing was signed: you cancelled, your device did not verify you, or no passkey of yours is known here.",
  InvalidStateError: "This device is registered already.",
  SecurityError: "This page's address is not one that passkeys work on.",
  NotSupportedError: "This device has no passkey of the kind that is needed.",
  AbortError: "Nothing was signed: it took too long.",
};

/** Why the browser did not sign, for people. */
export const whyNot = (fault) => WORDS[fault.name] ?? `The browser could not ask your passkey (${fault.name}).`;

/** Whether this browser can ask a passkey at all. */
export const available = () => window.isSecureContext && "credentials" in navigator && "PublicKeyCredential" in window;

/**
 * Have a passkey sign a challenge, its user verified.
 * @param {{challenge: string, rpId: string, credentials: string[]}} options base64url texts; none named: any passkey.
 * @returns {Promise<Object>} credential_id, authenticator_data, client_data_json and signature, base64url.
 */
export async function sign({ challenge, rpId, credentials = [] }) {
  const answer = await navigator.credentials.get({
    publicKey: {
      challenge: decode(challenge),
      rpId,
      allowCredentials: credentials.map((id) => ({ type: "public-key", id: decode(id) })),
      userVerification: "required",
      timeout: 120000,
    },
  });
  return {
    credential_id: encode(answer.rawId),
    authenticator_data: encode(answer.response.authenticatorData),
    client_data_json: encode(answer.response.clientDataJSON),
    signature: encode(answer.response.signature),
  };
}

/**
 * Make a new passkey, its user verified.
 * @param {{challenge: string, rpId: string, rpName: string, name: string, exclude: string[]}} options
 * @returns {Promise<Object>} credential_id, client_data_json and attestation_object, base64url.
 */
export async function register({ challenge, rpId, rpName, name, exclude = [] }) {
  const answer = await navigator.credentials.create({
    publicKey: {
      challenge: decode(challenge),
      rp: { id: rpId, name: rpName },
      // The handle tells nothing about the person: it is random, and nobody looks it up.
      user: { id: crypto.getRandomValues(new Uint8Array(32)), name, displayName: name },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -8 }, { type: "public-key", alg: -257 }],
      authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
      excludeCredentials: exclude.map((id) => ({ type: "public-key", id: decode(id) })),
      attestation: "none",
      timeout: 120000,
    },
  });
  return {
    credential_id: encode(answer.rawId),
    client_data_json: encode(answer.response.clientDataJSON),
    attestation_object: encode(answer.response.attestationObject),
  };
}

/**
 * Ask this page's own server, and have its answer or its refusal.
 * @returns {Promise<Object>} the answer; a refusal is thrown as an Error with the server's words and its `code`.
 */
export async function post(address, body) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    redirect: "error",
  });
  const said = await response.json().catch(() => ({}));
  if (!response.ok) {
    const refusal = new Error(said.error?.message ?? `The server answered ${response.status}.`);
    refusal.code = said.error?.code;
    throw refusal;
  }
  return said;
}
