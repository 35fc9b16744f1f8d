// "Check my reserves": the published manifest and the customer's own proof, verified here by the verifier that is
// published beside them (verify.js), and held against what this browser knows by itself.

import { amountText, unitsOf } from "./amounts.js";
import { hexOf } from "./canonical.js";
import { find, make, once, say } from "./dom.js";
import { balanceBefore, nonceOf } from "./keepsake.js";
import { post } from "./passkey.js";

const ASSET = "BTC";
const page = find("reserves");
const { customer } = page.dataset;
const epochs = JSON.parse(page.dataset.epochs);
const form = find("check");

const when = (seconds) =>
  new Date(seconds * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });

/** The bytes at an address; null if the exchange says that there are none. */
async function bytesAt(address) {
  const response = await fetch(address, { redirect: "error" });
  if (response.status === 401) location.assign("/");
  if (response.status === 404) return null;
  if (!response.ok) throw new Error("The exchange does not give this out just now. Please try again.");
  return new Uint8Array(await response.arrayBuffer());
}

const CHECKED = { good: "Yes", bad: "No", watch: "Not known" };

const check = (tone, title, words) =>
  make(
    "li",
    { class: tone },
    make("span", { class: `badge ${tone}` }, CHECKED[tone]),
    make("div", {}, make("strong", {}, title), make("p", { class: "small" }, words)),
  );

const worth = (vaults, asset) =>
  vaults
    .filter((vault) => vault.asset === asset)
    .flatMap((vault) => vault.coins)
    .reduce((sum, coin) => sum + coin.value, 0n);

function published(read) {
  const [tree] = read.trees.filter((each) => each.asset === ASSET);
  const names = read.vaults.map((vault) => vault.name).join(", ");
  return [
    check("good", "The publication is whole and signed", `By the signers of the vault ${names}, for block ${read.height}.`),
    check(
      "good",
      "The coins cover what all customers are owed",
      `The listed coins are worth ${amountText(worth(read.vaults, ASSET), ASSET)}; customers are owed ${amountText(tree.total, ASSET)} together.`,
    ),
  ];
}

function ownBalance(found, expected) {
  const words = amountText(found, ASSET);
  if (expected === null) {
    return check("watch", "Is it what you own?", `By the proof you are owed ${words}. You did not say what you expect.`);
  }
  if (found === expected) return check("good", "It is what you say you own", `${words}, what is held for withdrawals included.`);
  return check(
    "bad",
    "It is not what you say you own",
    `By the proof you were owed ${words}; you say ${amountText(expected, ASSET)}. If you paid in or out around that time, that may be why. If not, ask the exchange, and tell others.`,
  );
}

function ownNumber(proven, nonce) {
  if (proven.byCustomer && proven.nonce === nonce) {
    return check("good", "It is made with your own secret number", "So nobody else was shown your entry as theirs.");
  }
  if (!proven.byCustomer) {
    return check(
      "watch",
      "The exchange chose the secret number, not your page",
      "Somebody else of your name could have been shown the same entry.",
    );
  }
  if (nonce === "") {
    return check("watch", "Is it your secret number?", `It was made with ${proven.nonce}, and you did not say what yours is.`);
  }
  return check(
    "bad",
    "It is made with another secret number than yours",
    `The proof has ${proven.nonce}. The same entry may have been shown to somebody else: ask the exchange, and tell others.`,
  );
}

async function verdict(epoch, expected, nonce) {
  const [manifest, proof] = await Promise.all(
    ["manifest.json", "proof.json"].map((name) => bytesAt(`/reserves/${epoch}/${name}`)),
  );
  if (manifest === null) throw new Error("The exchange does not give out this publication any more.");
  if (proof === null) {
    return { checks: [check("bad", "You are not in this publication", "The exchange has no proof of yours in it. If you had an account then, that is what a missing customer sees.")] };
  }
  try {
    const { read, proven } = await globalThis.verifyReserves(manifest, proof);
    if (proven.customer !== customer) {
      return { checks: [check("bad", "This proof is somebody else's", `It is for ${proven.customer}.`)] };
    }
    const own = proven.balances[read.trees.findIndex((tree) => tree.asset === ASSET)];
    const counted = check("good", "You are counted in it", `${amountText(own, ASSET)}, in ${read.trees.length === 1 ? "the" : "each"} tree that leads to the total.`);
    return { checks: [...published(read), counted, ownNumber(proven, nonce), ownBalance(own, expected)], root: hexOf(read.root) };
  } catch (fault) {
    const untrue = fault.constructor.name === "Untrue";
    return { checks: [check("bad", untrue ? "The proof is not true" : "The files are not what they should be", fault.message)] };
  }
}

function offer(epoch) {
  const files = ["manifest.json", "proof.json", "verify_reserves.py", "SPEC.md"];
  find("downloads").replaceChildren(
    ...files.map((name) => make("a", { class: "button slim", href: `/reserves/${epoch}/${name}`, download: name }, name)),
  );
  find("elsewhere").hidden = false;
}

async function run() {
  const { epoch, expected, nonce } = form.elements;
  const typed = expected.value.trim();
  const units = typed === "" ? null : unitsOf(typed, ASSET);
  if (typed !== "" && units === null) {
    expected.focus();
    throw new Error("Write the amount like 0.015, or leave it empty.");
  }
  const { checks, root } = await verdict(epoch.value, units, nonce.value.trim().toLowerCase());
  find("not-yet").hidden = true;
  find("checks").replaceChildren(...checks);
  find("compare").hidden = root === undefined;
  find("super-root").textContent = (root ?? "").replace(/.{4}/g, "$& ").trim();
  find("verdict-title").focus();
}

/** What this browser last showed before the chosen publication, if it knows. */
function suggest() {
  const epoch = epochs.find((each) => String(each.epoch) === form.elements.epoch.value);
  const seen = balanceBefore(customer, epoch.at_s * 1000);
  form.elements.expected.value = seen === undefined ? "" : seen.total.replace(/,|\s\w+$/g, "");
  find("expected-hint").textContent =
    seen === undefined
      ? "This browser had not shown you a balance by then. What do you think?"
      : `This browser showed you that on ${when(seen.at / 1000)}. Correct it if you know better.`;
  offer(epoch.epoch);
}

function prepare() {
  const nonce = nonceOf(customer);
  form.elements.nonce.value = nonce ?? "";
  find("nonce-hint").textContent =
    nonce === undefined
      ? "This browser did not draw one for you. If another one did, copy it from there."
      : "Drawn by this browser when you opened your account. Keep a copy: with it you can check from anywhere.";
  find("no-epochs").hidden = epochs.length > 0;
  form.hidden = epochs.length === 0;
  if (epochs.length === 0) return;
  form.elements.epoch.replaceChildren(
    ...epochs.map(({ epoch, at_s }) => make("option", { value: String(epoch) }, `Number ${epoch}, of ${when(at_s)}`)),
  );
  suggest();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  once(form.querySelector("button"), find("check-said"), run);
});
form.elements.epoch.addEventListener("change", suggest);
find("publish")?.addEventListener("click", (event) =>
  once(event.currentTarget, find("publish-said"), async () => {
    say(find("publish-said"), "Adding everybody up, and asking the signers…", "wait");
    await post("/simulation/publish", {});
    location.reload();
  }),
);
prepare();
