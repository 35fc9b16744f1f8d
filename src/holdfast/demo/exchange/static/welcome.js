// The front door: open an account, or sign in.

import { find, once, say } from "./dom.js";
import { keepAccount, newNonce, ownPasskeys } from "./keepsake.js";
import { available, post, register, sign, whyNot } from "./passkey.js";

const enter = () => location.assign("/");

/** Ask the passkey; what the browser says of a failure is told in our words. */
async function asked(work) {
  try {
    return await work();
  } catch (fault) {
    throw fault instanceof DOMException ? new Error(whyNot(fault)) : fault;
  }
}

async function open(name) {
  const invitation = await post("/accounts/challenge", { name });
  const credential = await asked(() =>
    register({
      challenge: invitation.challenge,
      rpId: invitation.rp_id,
      rpName: invitation.rp_name,
      name: invitation.name,
    }),
  );
  const nonce = newNonce();
  // Kept first: an account whose nonce is lost could never tell its own leaf from a copy of somebody else's.
  keepAccount(invitation.name, credential.credential_id, nonce);
  await post("/accounts", { name: invitation.name, challenge: invitation.challenge, credential, nonce });
  enter();
}

async function signIn() {
  const { challenge, rp_id: rpId } = await post("/sign-in/challenge", {});
  const assertion = await asked(() => sign({ challenge, rpId, credentials: ownPasskeys() }));
  await post("/sign-in", { challenge, assertion });
  enter();
}

async function standIn(customer) {
  await post("/simulation/sign-in", { customer });
  enter();
}

const form = find("open");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  once(form.querySelector("button"), find("open-said"), () => open(form.elements.name.value));
});
find("sign-in").addEventListener("click", (event) => once(event.currentTarget, find("sign-in-said"), signIn));
for (const button of document.querySelectorAll("[data-stand-in]")) {
  button.addEventListener("click", () => once(button, find("stand-in-said"), () => standIn(button.dataset.standIn)));
}

async function invite(name) {
  const { address } = await post("/simulation/invite", { name });
  const link = find("join-link");
  link.firstElementChild.href = address;
  link.hidden = false;
  return "You are invited. The address is good once, for a day:";
}

find("join")?.addEventListener("submit", (event) => {
  event.preventDefault();
  once(event.target.querySelector("button"), find("join-said"), () => invite(find("guest").value));
});

if (!available()) {
  find("no-passkeys").hidden = false;
  say(find("sign-in-said"), "This browser cannot use passkeys on this address.", "bad");
}
