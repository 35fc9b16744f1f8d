// What a verified publication means to this customer: held against what they chose, what they say, and what this browser
// remembers. Each finding is {tone, title, words}; a tone is "good", "bad", or "watch" for what nothing here can tell.

import { amountText } from "./amounts.js";
import { hexOf } from "./canonical.js";

const ASSET = "BTC";

export const when = (seconds) =>
  new Date(seconds * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });

const finding = (tone, title, words) => ({ tone, title, words });

const worth = (vaults, asset) =>
  vaults
    .filter((vault) => vault.asset === asset)
    .flatMap((vault) => vault.coins)
    .reduce((sum, coin) => sum + coin.value, 0n);

/** The vaults' keys by name, as this browser keeps them. */
export const keysOf = (read) => Object.fromEntries(read.vaults.map((vault) => [vault.name, hexOf(vault.key)]));

/** Whether these are other keys than those that this browser knows, if it knows any. */
export const otherKeys = (read, keys) =>
  keys !== undefined && Object.keys({ ...keys, ...keysOf(read) }).some((name) => keys[name] !== keysOf(read)[name]);

/** Why these files are not what was asked for, or null. */
export function foreign(read, proven, asked) {
  if (read.epoch !== asked.epoch || read.at !== asked.atS) {
    return finding(
      "bad",
      "This is another publication than you chose",
      `You chose number ${asked.epoch} of ${when(asked.atS)}; the exchange gave number ${read.epoch}, with the books of ${when(read.at)}. Tell others.`,
    );
  }
  if (read.venue !== asked.venue) return finding("bad", "This is another exchange's publication", `It is of ${read.venue}.`);
  if (proven.customer !== asked.customer) {
    return finding("bad", "This proof is somebody else's", `It is for ${proven.customer}.`);
  }
  return null;
}

const spelled = (keys) => Object.entries(keys).map(([name, key]) => `${name} ${key}`).join(", ");

function signed(read, keys) {
  const names = read.vaults.map((vault) => vault.name).join(", ");
  const by = `Number ${read.epoch}, the books of ${when(read.at)}, as of block ${read.height}; by the signers of the vault ${names}.`;
  if (keys === undefined) {
    return finding("watch", "It is whole and signed, by keys that are new to this browser", `${by} From now on this browser knows them. Compare them with others.`);
  }
  if (!otherKeys(read, keys)) return finding("good", "It is whole, and signed by the keys that this browser knows", by);
  return finding(
    "bad",
    "It is signed by other keys than this browser knows",
    `${by} Keys and vaults change rarely, and an exchange says so before: ask. It gives ${spelled(keysOf(read))}; this browser knows ${spelled(keys)}.`,
  );
}

function covered(read) {
  const [tree] = read.trees.filter((each) => each.asset === ASSET);
  return finding(
    "good",
    "The listed coins cover what all customers are owed",
    `They are worth ${amountText(worth(read.vaults, ASSET), ASSET)}; customers are owed ${amountText(tree.total, ASSET)} together. That they were unspent then, only a node of your own can tell.`,
  );
}

const TWO_BOOKS = "There are two sets of books: tell others.";

/** What a publication says of other numbers: the one before it, and those that were given up; by number. */
export function neighbours(read) {
  const [first] = [...read.skipped, read];
  const named = first.epoch > 1 ? { [first.epoch - 1]: hexOf(first.previous) } : {};
  return { named, given_up: Object.fromEntries(read.skipped.map((each) => [each.epoch, hexOf(each.root)])) };
}

/** What this browser knows of the number from before, and cannot be. */
function contradicted(read, seen) {
  const [number, root] = [read.epoch, hexOf(read.root)];
  const found = [];
  if (seen.roots[number] !== undefined && seen.roots[number] !== root) {
    found.push(finding("bad", "This number was shown to this browser with another fingerprint", `That was ${seen.roots[number]}. ${TWO_BOOKS}`));
  }
  if (seen.named[number] !== undefined && seen.named[number] !== root) {
    found.push(finding("bad", "The number after it names another one before", `It names ${seen.named[number]}. ${TWO_BOOKS}`));
  }
  if (seen.given_up[number] !== undefined) {
    found.push(finding("bad", "The exchange said before that it gave this number up", TWO_BOOKS));
  }
  return found;
}

function before(read, seen) {
  const [[number, named]] = [...Object.entries(neighbours(read).named), [0, ""]];
  if (number === 0) return finding("good", "Nothing was published before it", "It is the first publication, or follows such as were given up.");
  const known = seen.roots[number];
  if (known === named) return finding("good", `It follows number ${number}, which this browser verified too`, "A customer has to be found in every number.");
  if (known !== undefined) {
    return finding("bad", `It follows another number ${number} than this browser was shown`, `It names ${named}; this browser verified ${known}. ${TWO_BOOKS}`);
  }
  return finding("watch", `Are you in number ${number} too?`, "Whoever was a customer by then has to be found in it as well: check it, or books could be made for every other customer.");
}

const givenUp = (read, seen) =>
  read.skipped.map((each) =>
    seen.roots[each.epoch] === undefined
      ? finding("watch", `Number ${each.epoch} was given up, says the exchange`, `If you or anybody was ever shown it (fingerprint ${hexOf(each.root)}), there are two sets of books.`)
      : finding("bad", `Number ${each.epoch} was given up, says the exchange, and this browser was shown it`, `As ${seen.roots[each.epoch]}. ${TWO_BOOKS}`));

function ownBalance(found, expected) {
  const words = amountText(found, ASSET);
  if (expected === null) {
    return finding("watch", "Is it what you own?", `By the proof you are owed ${words}. You did not say what you expect.`);
  }
  if (found === expected) return finding("good", "It is what you say you own", `${words}, what is held for withdrawals included.`);
  return finding(
    "bad",
    "It is not what you say you own",
    `By the proof you were owed ${words}; you say ${amountText(expected, ASSET)}. If you paid in or out around that time, that may be why. If not, ask the exchange, and tell others.`,
  );
}

function ownNumber(proven, nonce) {
  if (!proven.byCustomer) {
    return finding(
      "watch",
      "The exchange chose the secret number, not your page",
      "Somebody else of your name could have been shown the same entry.",
    );
  }
  if (proven.nonce === nonce) return finding("good", "It is made with your own secret number", "So nobody else was shown your entry as theirs.");
  if (nonce === "") {
    return finding("watch", "Is it your secret number?", `It was made with ${proven.nonce}, and you did not say what yours is.`);
  }
  return finding(
    "bad",
    "It is made with another secret number than yours",
    `The proof has ${proven.nonce}. The same entry may have been shown to somebody else: ask the exchange, and tell others.`,
  );
}

/**
 * Everything that a customer should know about a publication that leads to their balance.
 * @param {{expected: bigint|null, nonce: string, seen: Object}} known what they say, and what this browser remembers
 */
export function findings(read, proven, known) {
  const own = proven.balances[read.trees.findIndex((tree) => tree.asset === ASSET)];
  return [
    ...contradicted(read, known.seen),
    signed(read, known.seen.keys),
    covered(read),
    finding("good", "You are counted in it", `${amountText(own, ASSET)}, in ${read.trees.length === 1 ? "the" : "each"} tree that leads to the total.`),
    ownNumber(proven, known.nonce),
    ownBalance(own, known.expected),
    before(read, known.seen),
    ...givenUp(read, known.seen),
  ];
}
