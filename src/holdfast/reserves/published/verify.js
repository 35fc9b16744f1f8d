// Verifies a proof of reserves in the browser, by WebCrypto. Written from SPEC.md, which lies beside it; it sends nothing
// anywhere, and shares no code with whoever published the epoch.

"use strict";

const MANIFEST_LIMIT = 64_000_000;
const PROOF_LIMIT = 8_000_000;
const DECIMALS = new Map([["BTC", 8], ["ETH", 18]]);
const MOST_DEEP = 16;

class Malformed extends Error {}
class Untrue extends Error {}

function form(holds, otherwise) {
  if (!holds) throw new Malformed(otherwise);
}

function fact(holds, otherwise) {
  if (!holds) throw new Untrue(otherwise);
}

// Documents: one spelling of each, and no other.

// How deep it is nested. Known before it is parsed, where millions of brackets would take gigabytes.
function deepest(text) {
  let depth = 0, most = 0, quoted = false;
  for (let at = 0; at < text.length && most <= MOST_DEEP; at++) {
    const char = text[at];
    if (char === '"') quoted = !quoted;
    else if (quoted) at += char === "\\" ? 1 : 0;
    else if (char === "[" || char === "{") most = Math.max(most, ++depth);
    else if (char === "]" || char === "}") depth--;
  }
  return most;
}

function spelled(value) {
  if (Array.isArray(value)) return `[${value.map((each) => spelled(each)).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const pairs = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${spelled(value[key])}`);
  return `{${pairs.join(",")}}`;
}

function parsed(bytes, limit) {
  form(bytes.length <= limit, `larger than ${limit} bytes`);
  let value, text;
  try {
    // A byte order mark is a byte too many, not one to pass over.
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    form(deepest(text) <= MOST_DEEP, "it is nested too deep");
    value = JSON.parse(text);
  } catch (fault) {
    throw fault instanceof Malformed ? fault : new Malformed("it is no JSON in UTF-8");
  }
  form(`${spelled(value)}\n` === text, "it is not spelled as the format spells it");
  return value;
}

function fields(thing, ...names) {
  const found = thing !== null && typeof thing === "object" && !Array.isArray(thing) ? Object.keys(thing).sort() : [];
  form(JSON.stringify(found) === JSON.stringify(names.sort()), `expected the fields ${names.join(", ")}`);
  return thing;
}

function items(thing, most) {
  form(Array.isArray(thing) && thing.length <= most, `expected a list of at most ${most} items`);
  return thing;
}

const utf8 = (text) => new TextEncoder().encode(text);

function text(thing) {
  form(typeof thing === "string" && !/[\u0000-\u001f\u007f]|\p{Surrogate}/u.test(thing), "expected a text");
  form(thing.length >= 1 && utf8(thing).length <= 1024, "expected a text of 1 to 1,024 bytes");
  return thing;
}

// Nothing that could read like a sentence of this program.
function aName(thing) {
  form(typeof thing === "string" && /^[A-Za-z0-9._-]{1,64}$/.test(thing), "expected a name of 1 to 64 of the characters A-Z a-z 0-9 . _ -");
  return thing;
}

function number(thing, below = 2 ** 53) {
  form(Number.isSafeInteger(thing) && thing >= 0 && thing < below, `expected a whole number below ${below}`);
  return thing;
}

function amount(thing) {
  form(typeof thing === "string" && /^(0|[1-9][0-9]{0,36})$/.test(thing), "expected an amount as text");
  form(BigInt(thing) <= 10n ** 36n, "expected an amount up to 10^36");
  return BigInt(thing);
}

function octets(thing, count) {
  const good = typeof thing === "string" && thing.length === 2 * count && /^[0-9a-f]*$/.test(thing);
  form(good, `expected ${2 * count} lower-case hexadecimal digits`);
  return Uint8Array.from(thing.match(/../g), (pair) => parseInt(pair, 16));
}

// Bytes and hashes: every field after its length.

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function wide(value, width) {
  const bytes = new Uint8Array(width);
  let rest = BigInt(value);
  for (let at = width - 1; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 255n);
  return bytes;
}

const [u8, u32, u64, u128] = [1, 4, 8, 16].map((width) => (value) => wide(value, width));
const DOMAIN = utf8("holdfast/reserves/v1");

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const integer = (bytes) => BigInt(`0x${hex(bytes)}`);
const framed = (kind, parts) => joined([u8(kind), [DOMAIN, parts].flat().flatMap((part) => [u32(part.length), part])].flat());
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
// Lists among the parts may be long: they are flattened here, for no engine takes them all as arguments.
const H = (kind, ...parts) => sha256(framed(kind, parts.flat()));

async function hmac(hash, key, message) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

const M = (key, kind, ...parts) => hmac("SHA-256", key, framed(kind, parts));

// secp256k1 (SEC 2); null is the point at infinity.

const FIELD = 2n ** 256n - 2n ** 32n - 977n;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const BASE = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
];

const mod = (value) => ((value % FIELD) + FIELD) % FIELD;

function power(base, exponent) {
  let result = 1n;
  for (let square = base; exponent > 0n; exponent >>= 1n, square = mod(square * square)) {
    if (exponent & 1n) result = mod(result * square);
  }
  return result;
}

// By Euclid's algorithm.
function inverse(value) {
  let [low, high, of, rest] = [mod(value), FIELD, 1n, 0n];
  while (low > 1n) {
    const times = high / low;
    [low, high, of, rest] = [high - times * low, low, rest - times * of, of];
  }
  return mod(of);
}

function add(one, other) {
  if (!one || !other) return one || other;
  const [x1, y1] = one, [x2, y2] = other;
  if (x1 === x2 && mod(y1 + y2) === 0n) return null;
  const [rise, run] = x1 === x2 ? [3n * x1 * x1, 2n * y1] : [y2 - y1, x2 - x1];
  const slope = mod(rise * inverse(run));
  const x3 = mod(slope * slope - x1 - x2);
  return [x3, mod(slope * (x1 - x3) - y1)];
}

function times(scalar, point) {
  let result = null;
  for (; scalar > 0n; scalar >>= 1n, point = add(point, point)) if (scalar & 1n) result = add(result, point);
  return result;
}

function pointAt(x, odd) {
  if (x >= FIELD) return null;
  const square = mod(x ** 3n + 7n);
  const y = power(square, (FIELD + 1n) / 4n);
  if (mod(y * y) !== square) return null;
  return [x, (y & 1n) === BigInt(odd) ? y : FIELD - y];
}

async function tagged(tag, ...parts) {
  const prefix = await sha256(utf8(tag));
  return integer(await sha256(joined([prefix, prefix, ...parts])));
}

async function schnorrHolds(key, message, signature) {
  const [r, s] = [integer(signature.slice(0, 32)), integer(signature.slice(32))];
  const point = pointAt(integer(key), 0);
  if (!point || r >= FIELD || s >= ORDER) return false;
  const challenge = (await tagged("BIP0340/challenge", signature.slice(0, 32), key, message)) % ORDER;
  const found = add(times(s, BASE), times(ORDER - challenge, point));
  return found !== null && (found[1] & 1n) === 0n && found[0] === r;
}

// The key that attests: child 2 (BIP-32) of the vault's key, as a taproot output key (BIP-86).
async function ownershipKey(groupKey) {
  form(groupKey[0] === 2 || groupKey[0] === 3, "a vault's key is no compressed point");
  const parent = pointAt(integer(groupKey.slice(1)), groupKey[0] & 1);
  form(parent !== null, "a vault's key is not on the curve");
  const chainCode = await sha256(joined([utf8("holdfast/chain-code/v1"), groupKey]));
  const digest = await hmac("SHA-512", chainCode, joined([groupKey, u32(2)]));
  const child = add(parent, times(integer(digest.slice(0, 32)), BASE));
  form(child !== null, "a path without a key");
  const tweak = await tagged("TapTweak", wide(child[0], 32));
  return wide(add(pointAt(child[0], 0), times(tweak, BASE))[0], 32);
}

// The manifest.

function compared(left, right) {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) if (left[at] !== right[at]) return left[at] - right[at];
  return left.length - right.length;
}

const ascending = (keys) => keys.every((key, at) => at === 0 || compared(keys[at - 1], key) < 0);

function readCoin(thing) {
  const coin = fields(thing, "outpoint", "path", "value");
  const outpoint = /^([0-9a-f]{64}):(0|[1-9][0-9]{0,9})$/.exec(text(coin.outpoint));
  const path = /^(0|[1-9][0-9]{0,9})\/(0|[1-9][0-9]{0,9})$/.exec(text(coin.path));
  form(outpoint && path, "a coin is like TXID:INDEX at CHAIN/POSITION");
  const [index, chain, position] = [outpoint[2], path[1], path[2]].map(Number);
  form(index < 2 ** 32 && chain < 2 ** 31 && position < 2 ** 31, "a coin's index or path is out of range");
  return { place: joined([octets(outpoint[1], 32), u32(index)]), index, value: amount(coin.value), chain, position };
}

function readVault(thing) {
  const vault = fields(thing, "asset", "coins", "key", "name", "signature");
  const coins = items(vault.coins, 400_000).map(readCoin);
  form(ascending(coins.map((coin) => coin.place)), "coins are not in order, each once");
  return {
    name: aName(vault.name),
    asset: text(vault.asset),
    key: octets(vault.key, 33),
    coins,
    signature: octets(vault.signature, 64),
  };
}

function readTree(thing) {
  const tree = fields(thing, "asset", "decimals", "leaves", "root", "total");
  const leaves = number(tree.leaves, 2 ** 32 + 1);
  form(leaves >= 2 && Number.isInteger(Math.log2(leaves)), "the number of leaves is no power of two");
  const [asset, decimals] = [text(tree.asset), number(tree.decimals, 256)];
  form(DECIMALS.get(asset) === decimals, "the format has no such asset, or not with these decimals");
  return { asset, decimals, root: octets(tree.root, 32), total: amount(tree.total), leaves };
}

const HEADER_FIELDS = ["epoch", "at", "previous", "block", "assets"];

// What a manifest says of its own epoch and of those that were given up alike.
function readHeader(thing, venue) {
  const block = fields(thing.block, "hash", "height", "network");
  const header = {
    venue,
    epoch: number(thing.epoch),
    at: number(thing.at, 2 ** 37),
    previous: octets(thing.previous, 32),
    network: aName(block.network),
    height: number(block.height),
    block: octets(block.hash, 32),
    trees: items(thing.assets, 64).map(readTree),
  };
  form(header.epoch >= 1, "epochs begin with 1");
  form(header.previous.every((byte) => byte === 0) === (header.epoch === 1), "the first epoch, and no other, follows none");
  form(header.trees.length > 0, "an epoch without an asset");
  form(ascending(header.trees.map((tree) => utf8(tree.asset))), "assets are not in order, each once");
  return header;
}

async function readSkipped(thing, venue) {
  const skipped = fields(thing, ...HEADER_FIELDS, "holdings");
  const header = readHeader(skipped, venue);
  return { ...header, root: await superRoot(header, octets(skipped.holdings, 32)) };
}

async function readManifest(document) {
  const manifest = fields(document, ...HEADER_FIELDS, "format", "venue", "skipped", "vaults", "super_root");
  form(manifest.format === "holdfast/reserves/v1", "it is no manifest of this version");
  const read = readHeader(manifest, text(manifest.venue));
  read.vaults = items(manifest.vaults, 64).map(readVault);
  read.skipped = [];
  for (const each of items(manifest.skipped, 4000)) read.skipped.push(await readSkipped(each, read.venue));
  form(ascending(read.vaults.map((vault) => utf8(vault.name))), "vaults are not in order, each once");
  const places = read.vaults.flatMap((vault) => vault.coins.map((coin) => hex(coin.place)));
  form(new Set(places).size === places.length, "a coin stands in two vaults");
  const [held, owed] = [read.vaults, read.trees].map((each) => new Set(each.map(({ asset }) => asset)));
  const same = held.size === owed.size && [...held].every((asset) => owed.has(asset));
  form(same, "an asset without a vault, or a vault without its asset");
  read.root = await superRoot(read, await holdings(read.vaults));
  fact(hex(read.root) === hex(octets(manifest.super_root, 32)), "the manifest does not hash to its super-root");
  return read;
}

function holdings(vaults) {
  const held = vaults.flatMap((vault) => [
    ...[utf8(vault.name), utf8(vault.asset), vault.key, u64(vault.coins.length)],
    vault.coins.flatMap((coin) => [
      ...[coin.place.slice(0, 32), u32(coin.index), u128(coin.value), u32(coin.chain), u32(coin.position)],
    ]),
  ].flat());
  return H(4, u32(vaults.length), held);
}

function superRoot(header, held) {
  const trees = header.trees.flatMap((tree) => [
    ...[utf8(tree.asset), u8(tree.decimals), tree.root, u128(tree.total), u64(tree.leaves)],
  ]);
  const head = [utf8(header.venue), u64(header.epoch), u64(header.at), header.previous, utf8(header.network)];
  return H(2, head, u64(header.height), header.block, held, u32(header.trees.length), trees);
}

const worth = (read, asset) =>
  read.vaults.filter((vault) => vault.asset === asset)
    .reduce((sum, vault) => vault.coins.reduce((inner, coin) => inner + coin.value, sum), 0n);

function verifyFollows(after, before) {
  const follows = after.epoch === before.epoch + 1 && hex(after.previous) === hex(before.root);
  const later = after.at > before.at && after.height > before.height && after.network === before.network;
  fact(follows && later, "the epochs given up do not lead from the one before to this one");
}

async function verifyManifest(read) {
  const chain = [...read.skipped, read];
  chain.slice(1).forEach((after, at) => verifyFollows(after, chain[at]));
  const message = await H(5, utf8(read.venue), u64(read.epoch), read.root, read.block);
  for (const vault of read.vaults) {
    const holds = await schnorrHolds(await ownershipKey(vault.key), message, vault.signature);
    fact(holds, `the signature of vault ${vault.name} is not valid`);
  }
  for (const tree of read.trees) {
    fact(worth(read, tree.asset) >= tree.total, `the coins do not cover what is owed in ${tree.asset}`);
  }
}

// The proof.

async function climbed(hash, value, index, path, leaves) {
  form(2 ** path.length === leaves, "a path of another length than the tree is high");
  let node = { hash, value };
  for (const [below, sibling] of path.entries()) {
    form(Array.isArray(sibling) && sibling.length === 2, "a sibling is a pair");
    const other = { hash: octets(sibling[0], 32), value: amount(sibling[1]) };
    const [left, right] = Math.floor(index / 2 ** below) % 2 === 0 ? [node, other] : [other, node];
    const sum = left.value + right.value;
    fact(sum < 1n << 128n, "a sum beyond 128 bits");
    node = { hash: await H(1, u8(below + 1), left.hash, u128(left.value), right.hash, u128(right.value)), value: sum };
  }
  return node;
}

async function verifyBalance(fragments, tree, read, account, key) {
  form(fragments.length > 0, "a balance without a fragment");
  const used = new Set();
  let balance = 0n;
  for (const [at, thing] of fragments.entries()) {
    const fragment = fields(thing, "index", "path", "value");
    const [index, value] = [number(fragment.index, tree.leaves), amount(fragment.value)];
    form(!used.has(index), "a leaf stands twice");
    used.add(index);
    const placed = [u32(at + 1), u32(fragments.length), u128(value)];
    const mask = await M(key, 7, utf8(tree.asset), u64(index), ...placed);
    const head = [utf8(read.venue), u64(read.epoch), utf8(tree.asset), u64(index), account];
    const leaf = await H(0, ...head, ...placed, mask);
    const top = await climbed(leaf, value, index, items(fragment.path, 32), tree.leaves);
    const same = hex(top.hash) === hex(tree.root) && top.value === tree.total;
    fact(same, `fragment ${at + 1} is not in the tree of ${tree.asset}`);
    balance += value;
  }
  return balance;
}

async function verifyProof(document, read) {
  const names = ["format", "venue", "epoch", "super_root", "customer", "nonce", "nonce_by", "salt", "assets"];
  const proof = fields(document, ...names);
  form(proof.format === "holdfast/reserves-proof/v1", "it is no proof of this version");
  form(["customer", "house"].includes(proof.nonce_by), "the nonce is neither the customer's nor the house's");
  const [customer, nonce, salt] = [text(proof.customer), octets(proof.nonce, 16), octets(proof.salt, 32)];
  const own = text(proof.venue) === read.venue && number(proof.epoch) === read.epoch;
  fact(hex(octets(proof.super_root, 32)) === hex(read.root) && own, "the proof is of another epoch");
  const byCustomer = proof.nonce_by === "customer";
  const who = [utf8(customer), u8(byCustomer ? 1 : 0), nonce];
  const account = await H(3, utf8(read.venue), ...who);
  const key = await M(salt, 6, utf8(read.venue), u64(read.epoch), ...who);
  const shown = items(proof.assets, 64).map((each) => fields(each, "asset", "fragments"));
  const inOrder = shown.length === read.trees.length && shown.every((each, at) => each.asset === read.trees[at].asset);
  form(inOrder, "the proof does not have every asset, in order");
  const balances = [];
  for (const [at, tree] of read.trees.entries()) {
    balances.push(await verifyBalance(items(shown[at].fragments, 32), tree, read, account, key));
  }
  return { customer, nonce: hex(nonce), byCustomer, balances };
}

// Verify both documents, given as bytes; throws Malformed or Untrue.
async function verifyReserves(manifestBytes, proofBytes) {
  const read = await readManifest(parsed(manifestBytes, MANIFEST_LIMIT));
  await verifyManifest(read);
  return { read, proven: await verifyProof(parsed(proofBytes, PROOF_LIMIT), read) };
}

// Hold vaults' keys that are known from elsewhere (name to hexadecimal) against the listed ones.
function verifyKeys(read, known) {
  for (const [name, key] of known) {
    const vault = read.vaults.find((each) => each.name === name);
    fact(vault, `there is no vault ${name} in this epoch`);
    fact(hex(vault.key) === key, `vault ${name} has another key than the one given`);
  }
}

// Other pages use this file alone; verify-page.js makes the page beside it.
globalThis.verifyReserves = verifyReserves;
