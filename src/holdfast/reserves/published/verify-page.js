// The page of verify.html: files in, a verdict out. What verifies them is verify.js.

"use strict";

// Names from outside neither hide nor reorder anything: what is not visible as itself becomes a question mark.
const plain = (text) => text.replace(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, "?");

function coinsText(units, tree) {
  const digits = units.toString().padStart(tree.decimals + 1, "0");
  const split = digits.length - tree.decimals;
  const fraction = digits.slice(split).replace(/0+$/, "");
  return `${digits.slice(0, split)}${fraction && "."}${fraction} ${tree.asset}`;
}

function put(parent, name, content, kind) {
  const element = document.createElement(name);
  if (content) element.textContent = plain(content);
  if (kind) element.className = kind;
  return parent.appendChild(element);
}

function list(parent, heading, lines) {
  put(parent, "h2", heading);
  const all = put(parent, "ul");
  for (const line of lines) put(all, "li", line);
}

function numbers(read) {
  const [first] = [...read.skipped, read];
  return [
    "You must be found in every number that was published since you became a customer, not in this one alone.",
    first.epoch === 1
      ? "Nothing was published before this one."
      : `The one before is number ${first.epoch - 1}, super-root ${hex(first.previous)}: verify it too.`,
    ...read.skipped.map((each) =>
      `The venue says that it never published number ${each.epoch}, super-root ${hex(each.root)}. If anybody was shown it, there are two sets of books.`),
  ];
}

function tell(verdict, { read, proven }, known) {
  const owned = proven.byCustomer && known.nonce === proven.nonce;
  put(verdict, "p", `Verified: ${proven.customer} is counted in epoch ${read.epoch} of ${read.venue}.`, "verdict good");
  put(verdict, "h2", "Your balance by this proof");
  proven.balances.forEach((balance, at) => put(verdict, "p", coinsText(balance, read.trees[at]), "balance"));
  const moment = new Date(read.at * 1000).toISOString().replace("T", " ").replace(".000Z", " UTC");
  list(verdict, "What was verified", [
    `The books are of ${moment}, the coins as of block ${read.height} (${hex(read.block)}).`,
    `All of the manifest hashes to the super-root ${hex(read.root)}.`,
    ...read.vaults.map((vault) => `Vault ${vault.name} attested it, by a child of the key ${hex(vault.key)}.`),
    ...read.trees.map((tree) =>
      `The listed coins are worth ${coinsText(worth(read, tree.asset), tree)}; customers are owed ${coinsText(tree.total, tree)}.`),
  ]);
  list(verdict, "The other numbers", numbers(read));
  list(verdict, "What this page cannot know", [
    "Whether that is what you were owed at that time, holds included: compare it with your own records.",
    ...(known.keys.size === read.vaults.length
      ? []
      : ["Whether these are the venue's vaults, and all of them: give the keys that you know."]),
    ...(known.root ? [] : ["Whether everybody is shown this super-root: compare it with other customers."]),
    ...(owned ? [] : [proven.byCustomer
      ? `Whether your own page chose the nonce ${proven.nonce}: compare it.`
      : "Whether another customer of that name was shown the same: the venue chose this nonce, not your page."]),
    "Whether the listed coins were unspent at that block: ask a node of your own.",
    "What else the venue owes, and whether it borrowed the coins for the day.",
  ]);
}

async function fileBytes(id) {
  const [file] = document.getElementById(id).files;
  return file ? new Uint8Array(await file.arrayBuffer()) : null;
}

function pinned(id, count) {
  const given = document.getElementById(id).value.trim().toLowerCase();
  form(given === "" || (given.length === 2 * count && /^[0-9a-f]+$/.test(given)), `${id}: expected ${2 * count} hexadecimal digits`);
  return given;
}

// Lines of NAME=HEX.
function pinnedKeys() {
  const lines = document.getElementById("keys").value.split("\n").map((line) => line.trim()).filter(Boolean);
  return new Map(lines.map((line) => {
    const [name, key] = [line.slice(0, line.lastIndexOf("=")), line.slice(line.lastIndexOf("=") + 1).toLowerCase()];
    form(name !== "" && /^[0-9a-f]{66}$/.test(key), "keys: expected a vault's name and key in each line, as NAME=HEX");
    return [name, key];
  }));
}

async function verdictOf(published) {
  const known = { root: pinned("root", 32), nonce: pinned("nonce", 16), keys: pinnedKeys() };
  const [manifest, proof] = [(await fileBytes("manifest")) || published, await fileBytes("proof")];
  form(manifest, "choose the epoch's manifest.json");
  form(proof, "choose your proof.json");
  const found = await verifyReserves(manifest, proof);
  verifyKeys(found.read, known.keys);
  fact(!known.root || known.root === hex(found.read.root), "the super-root is another than the one given");
  fact(!known.nonce || (found.proven.byCustomer && known.nonce === found.proven.nonce), "the nonce is not the one given");
  return [found, known];
}

let newest = 0;

async function submitted(published) {
  const [verdict, mine] = [document.getElementById("verdict"), ++newest];
  const show = (write) => {
    // Of two submissions at once, only the later one has a verdict.
    if (mine !== newest) return;
    verdict.replaceChildren();
    write();
    verdict.focus();
  };
  verdict.replaceChildren();
  try {
    const told = await verdictOf(published);
    show(() => tell(verdict, ...told));
  } catch (fault) {
    const known = fault instanceof Untrue ? "Not true" : fault instanceof Malformed ? "Not in the format" : "Not verified";
    show(() => put(verdict, "p", `${known}: ${fault.message}.`, "verdict bad"));
  }
}

async function start() {
  let published = null;
  document.getElementById("form").addEventListener("submit", (event) => {
    event.preventDefault();
    submitted(published);
  });
  if (!location.protocol.startsWith("http")) return;
  const answer = await fetch("manifest.json").catch(() => null);
  if (!answer || !answer.ok) return;
  published = new Uint8Array(await answer.arrayBuffer());
  document.getElementById("found").textContent = "The one beside this page is used unless you choose another.";
}

start();
