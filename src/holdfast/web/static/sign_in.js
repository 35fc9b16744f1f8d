// Signing in: a challenge from this console, the passkey's answer to it, and the answer back.

import { available, post, sign, whyNot } from "./passkey.js";

const NAME = "holdfast-console-name";

const form = document.querySelector("#sign-in");
const name = document.querySelector("#name");
const button = document.querySelector("#go");
const refusal = document.querySelector("#refusal");

function refuse(text) {
  refusal.textContent = text;
  refusal.hidden = false;
}

async function signIn() {
  const invitation = await post("/sign-in/challenge", { name: name.value });
  let assertion;
  try {
    assertion = await sign({
      challenge: invitation.challenge,
      rpId: invitation.relying_party,
      credentials: invitation.credentials,
    });
  } catch (fault) {
    throw new Error(whyNot(fault));
  }
  await post("/sign-in", { challenge: invitation.challenge, assertion });
  localStorage.setItem(NAME, name.value);
  window.location.assign(form.dataset.next);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  refusal.hidden = true;
  button.disabled = true;
  try {
    await signIn();
  } catch (fault) {
    refuse(fault.message);
  } finally {
    button.disabled = false;
  }
});

name.value = localStorage.getItem(NAME) ?? "";
if (!available()) {
  button.disabled = true;
  refuse("This browser cannot use passkeys on this address.");
}
