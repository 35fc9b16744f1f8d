// "Check my reserves": the published manifest and the customer's own proof, verified here by the verifier that is
// published beside them (verify.js), and held against what this browser knows by itself.

import { unitsOf } from "./amounts.js";
import { hexOf } from "./canonical.js";
import { find, make, once, say } from "./dom.js";
import { balanceBefore, keepReserves, nonceOf, replaceKeys, reservesSeen } from "./keepsake.js";
import { post } from "./passkey.js";
import { findings, foreign, keysOf, otherKeys, when } from "./verdicts.js";

const ASSET = "BTC";
const page = find("reserves");
const { customer, venue } = page.dataset;
const epochs = JSON.parse(page.dataset.epochs);
const form = find("check");
let newKeys;

/** The bytes at an address; null if the exchange says that there are none. */
async function bytesAt(address) {
  const response = await fetch(address, { redirect: "error" });
  if (response.status === 401) location.assign("/");
  if (response.status === 404) return null;
  if (!response.ok) throw new Error("The exchange does not give this out just now. Please try again.");
  return new Uint8Array(await response.arrayBuffer());
}

const CHECKED = { good: "Yes", bad: "No", watch: "Not known" };

const shown = ({ tone, title, words }) =>
  make(
    "li",
    { class: tone },
    make("span", { class: `badge ${tone}` }, CHECKED[tone]),
    make("div", {}, make("strong", {}, title), make("p", { class: "small" }, words)),
  );

const only = (title, words) => ({ found: [{ tone: "bad", title, words }] });

async function verdict(chosen, expected, nonce) {
  const [manifest, proof] = await Promise.all(
    ["manifest.json", "proof.json"].map((name) => bytesAt(`/reserves/${chosen.epoch}/${name}`)),
  );
  if (manifest === null) throw new Error("The exchange does not give out this publication any more.");
  if (proof === null) {
    return only("You are not in this publication", "The exchange has no proof of yours in it. If you had an account then, that is what a missing customer sees.");
  }
  try {
    const { read, proven } = await globalThis.verifyReserves(manifest, proof);
    const wrong = foreign(read, proven, { customer, venue, epoch: chosen.epoch, atS: chosen.at_s });
    if (wrong !== null) return { found: [wrong] };
    const seen = reservesSeen(customer);
    const found = findings(read, proven, { expected, nonce, ...seen });
    keepReserves(customer, keysOf(read), read.epoch, hexOf(read.root));
    return { found, root: hexOf(read.root), changed: otherKeys(read, seen.keys) ? keysOf(read) : undefined };
  } catch (fault) {
    const untrue = fault.constructor.name === "Untrue";
    return only(untrue ? "The proof is not true" : "The files are not what they should be", fault.message);
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
  const chosen = epochs.find((each) => String(each.epoch) === epoch.value);
  const { found, root, changed } = await verdict(chosen, units, nonce.value.trim().toLowerCase());
  find("not-yet").hidden = true;
  find("checks").replaceChildren(...found.map(shown));
  find("compare").hidden = root === undefined;
  find("super-root").textContent = (root ?? "").replace(/.{4}/g, "$& ").trim();
  newKeys = changed;
  find("other-keys").hidden = changed === undefined;
  find("verdict-title").focus();
}

/** What this browser last showed before the chosen publication, if it knows. */
function suggest() {
  const epoch = epochs.find((each) => String(each.epoch) === form.elements.epoch.value);
  const seen = balanceBefore(customer, epoch.at_s * 1000);
  form.elements.expected.value = seen === undefined ? "" : seen.total.replace(/[^\d.]/g, "");
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

find("new-keys").addEventListener("click", () => {
  replaceKeys(customer, newKeys);
  form.requestSubmit();
});
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
