// What this browser keeps for its customers: which passkeys are theirs, and the secret numbers of their reserves.
// The exchange is told each number once, when the account is opened: what counts is that this browser drew it.

import { hexOf } from "./canonical.js";

const STORE = "example-exchange";
const MOST_BALANCES = 100;
const MOST_NUMBERS = 1_000;

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? {};
  } catch {
    return {};
  }
};

const change = (alter) => {
  const kept = read();
  alter(kept);
  localStorage.setItem(STORE, JSON.stringify(kept));
};

/** A new secret number of 128 bits, 32 hexadecimal digits. */
export const newNonce = () => hexOf(crypto.getRandomValues(new Uint8Array(16)));

/** Keep a new account: its name, its passkey's id and its nonce. */
export const keepAccount = (customer, credential, nonce) =>
  change((kept) => {
    kept.accounts = { ...kept.accounts, [customer]: { credential, nonce } };
  });

/** The ids of the passkeys that accounts were opened with in this browser. */
export const ownPasskeys = () => Object.values(read().accounts ?? {}).map((account) => account.credential);

/** The nonce that this browser chose for a customer, or undefined. */
export const nonceOf = (customer) => read().accounts?.[customer]?.nonce;

/** Keep what this page shows a customer to own, whenever that changes. */
export const keepBalance = (customer, total) =>
  change((kept) => {
    const seen = kept.balances?.[customer] ?? [];
    if (seen.at(-1)?.total === total) return;
    kept.balances = { ...kept.balances, [customer]: [...seen, { total, at: Date.now() }].slice(-MOST_BALANCES) };
  });

const NOTHING_SEEN = { keys: undefined, roots: {}, named: {}, given_up: {} };

/**
 * What this browser has seen of the reserves: the vaults' keys as first seen (or undefined); and fingerprints by number: of
 * what it verified, of what such a publication named as the one before it, of what one said was given up.
 */
export const reservesSeen = (customer) => ({ ...NOTHING_SEEN, ...read().reserves?.[customer] });

/** Keep what a verified publication showed; what was seen first stays. */
export const keepReserves = (customer, keys, shown) =>
  change((kept) => {
    const seen = reservesSeen(customer);
    const numbers = (name) => Object.fromEntries(Object.entries({ ...shown[name], ...seen[name] }).slice(-MOST_NUMBERS));
    const remembered = { keys: seen.keys ?? keys, roots: numbers("roots"), named: numbers("named"), given_up: numbers("given_up") };
    kept.reserves = { ...kept.reserves, [customer]: remembered };
  });

/** Know other keys of the vaults from now on. */
export const replaceKeys = (customer, keys) =>
  change((kept) => {
    kept.reserves = { ...kept.reserves, [customer]: { ...reservesSeen(customer), keys } };
  });

/** What this browser last showed a customer to own by a time in milliseconds: `{total, at}`, or undefined. */
export const balanceBefore = (customer, time) => read().balances?.[customer]?.findLast((seen) => seen.at <= time);
