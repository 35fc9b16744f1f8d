// An officer's passkey signs the freeze order that this signer wrote for the reason given.
import { available, post, sign, whyNot } from "./passkey.js";

const form = document.getElementById("freeze");
const said = document.getElementById("said");

const say = (words, tone) => {
  said.className = tone ? `alert ${tone}` : "";
  said.textContent = words;
};

async function freeze(reason) {
  const { order, challenge } = await post("/freeze/order", { reason });
  say("Waiting for your device ...", "wait");
  let assertion;
  try {
    const credentials = form.dataset.credentials.trim().split(" ").filter(Boolean);
    assertion = await sign({ challenge, rpId: form.dataset.rp, credentials });
  } catch (fault) {
    say(whyNot(fault), "bad");
    return;
  }
  const done = await post("/freeze", { order, assertion });
  say(`Frozen by ${done.person}. This signer signs nothing any more.`, "good");
}

if (available()) {
  form.querySelector("button").disabled = false;
} else {
  say("This browser cannot use passkeys here.", "bad");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    await freeze(form.elements.reason.value);
  } catch (refusal) {
    say(refusal.code ? `${refusal.message} (${refusal.code})` : refusal.message, "bad");
  } finally {
    button.disabled = false;
  }
});
