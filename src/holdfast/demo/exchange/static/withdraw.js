// A withdrawal: asked for, read back from the order's own bytes, signed by the passkey, placed.

import { amountText, unitsOf } from "./amounts.js";
import { base64Url, bytesOf, digestOf, hexOf, orderFrom } from "./canonical.js";
import { find, make, once, say, told } from "./dom.js";
import { post, sign, whyNot } from "./passkey.js";

const ASSET = "BTC";

/** In what an order is not what was asked for here, or null. */
function difference(order, asked) {
  if (order.units !== asked.units || order.asset !== ASSET) return "another amount";
  if (order.destination !== asked.destination) return "another address";
  if (order.customer !== asked.customer) return "another customer";
  if (order.venue !== asked.venue) return "another exchange";
  return null;
}

const fact = (name, value, wide) =>
  make("div", { class: wide ? "wide" : undefined }, make("dt", {}, name), make("dd", {}, value));

function facts(order) {
  const until = new Date(Number(order.expiresAt) * 1000);
  return [
    fact("Send", make("strong", { class: "sum" }, amountText(order.units, order.asset)), true),
    fact("To", make("code", { class: "address" }, order.destination), true),
    fact("From the account", order.customer),
    fact("At", order.venue),
    fact("Good until", until.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })),
    fact("Network fee", "none for you: the exchange pays it"),
    fact("Reference", make("code", {}, order.reference)),
  ];
}

/** What the bytes say, shown; what is signed is their fingerprint. */
async function review(draft, asked) {
  const bytes = bytesOf(draft.order);
  const order = orderFrom(bytes);
  const digest = await digestOf(bytes);
  find("order").replaceChildren(...facts(order));
  find("order-bytes").textContent = draft.order;
  find("order-digest").textContent = `SHA-256 ${hexOf(digest).replace(/.{4}/g, "$& ")}`;
  const differs = difference(order, asked);
  find("order-differs").hidden = differs === null;
  find("order-differs").textContent =
    differs === null ? "" : `The exchange wrote ${differs} into the order than you asked for. Do not sign this.`;
  find("sign").hidden = differs !== null;
  return { digest, reference: order.reference };
}

async function assertion(draft, digest) {
  try {
    return await sign({ challenge: base64Url(digest), rpId: draft.rp_id, credentials: [draft.credential] });
  } catch (fault) {
    throw fault instanceof DOMException ? new Error(whyNot(fault)) : fault;
  }
}

/** Make the withdrawal form and its review work. */
export function prepareWithdrawal({ customer, venue, standIn, refresh }) {
  const [form, dialog, said] = [find("withdraw"), find("review"), find("withdraw-said")];
  const { amount, destination } = form.elements;
  let ready;

  async function draft() {
    const asked = { units: unitsOf(amount.value, ASSET), destination: destination.value.trim(), customer, venue };
    const wrong = asked.units === null || asked.units === 0n ? amount : asked.destination === "" ? destination : null;
    amount.toggleAttribute("aria-invalid", wrong === amount);
    destination.toggleAttribute("aria-invalid", wrong === destination);
    if (wrong !== null) {
      wrong.focus();
      throw new Error(wrong === amount ? "Write the amount like 0.015." : "Say where it shall go.");
    }
    const drafted = await post("/withdrawals/draft", { amount: amount.value.trim(), destination: asked.destination });
    ready = { ...(await review(drafted, asked)), drafted };
    say(find("sign-said"), "");
    dialog.showModal();
  }

  async function place() {
    const { drafted, digest, reference } = ready;
    if (standIn) {
      await post("/simulation/sign", { reference });
    } else {
      const answer = await assertion(drafted, digest);
      await post("/withdrawals", { reference, assertion: answer });
    }
    form.reset();
    say(said, "Signed and accepted. Follow it below.", "good");
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(form.querySelector("button"), said, draft);
  });
  find("leave").addEventListener("click", () => dialog.close());
  find("sign").addEventListener("click", (event) =>
    once(event.currentTarget, find("sign-said"), async () => {
      try {
        await place();
      } catch (fault) {
        // A refusal by the exchange ends this order; a passkey that did not answer can be asked again.
        if (fault.code === undefined) throw fault;
        say(said, told(fault), "bad");
      }
      dialog.close();
      await refresh();
    }),
  );
}
