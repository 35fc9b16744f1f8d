// Reading a withdrawal order from its canonical bytes: what the page shows is what these bytes say, and nothing else.
// Deterministic CBOR (RFC 8949, section 4.2.1), of which an order needs arrays, texts and whole numbers only.

const DOMAIN = "holdfast/withdrawal-order";
const VERSION = 1n;

/** The bytes are not a withdrawal order in its one spelling. */
export class OrderUnreadable extends Error {
  constructor(why) {
    super(`The exchange sent an order that cannot be read: ${why}. Do not sign.`);
    this.code = "order.unreadable";
  }
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  take(count) {
    if (this.at + count > this.bytes.length) throw new OrderUnreadable("it ends too early");
    return this.bytes.subarray(this.at, (this.at += count));
  }

  head() {
    const [first] = this.take(1);
    const [kind, info] = [first >> 5, first & 31];
    if (info < 24) return [kind, BigInt(info)];
    if (info > 27) throw new OrderUnreadable("a length of no known form");
    const width = 1 << (info - 24);
    const argument = this.take(width).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const least = width === 1 ? 24n : 1n << BigInt(4 * width);
    if (argument < least) throw new OrderUnreadable("a number that is not in its shortest form");
    return [kind, argument];
  }

  value(depth = 0) {
    const [kind, argument] = this.head();
    if (kind === 0) return argument;
    if (kind === 3) return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(Number(argument)));
    if (kind === 4 && depth < 3 && argument < 32n) {
      return Array.from({ length: Number(argument) }, () => this.value(depth + 1));
    }
    throw new OrderUnreadable("a part of no expected kind");
  }
}

// What an order may spell: letters that look like others, or like none, could show another address than is signed.
const isText = (value) => typeof value === "string" && /^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(value);
const isNumber = (value) => typeof value === "bigint";

/**
 * What an order's bytes say.
 * @param {Uint8Array} bytes
 * @returns {{venue: string, customer: string, reference: string, asset: string, units: bigint, destination: string, expiresAt: bigint}}
 */
export function orderFrom(bytes) {
  const reader = new Reader(bytes);
  const fields = reader.value();
  if (reader.at !== bytes.length) throw new OrderUnreadable("something follows it");
  if (!Array.isArray(fields) || fields.length !== 8 || fields[0] !== VERSION || fields[1] !== DOMAIN) {
    throw new OrderUnreadable("it is not a withdrawal order");
  }
  const [, , venue, customer, reference, amount, destination, expiresAt] = fields;
  const whole = Array.isArray(amount) && amount.length === 2 && isText(amount[0]) && isNumber(amount[1]);
  if (!whole || ![venue, customer, reference, destination].every(isText) || !isNumber(expiresAt)) {
    throw new OrderUnreadable("a field of another kind");
  }
  return { venue, customer, reference, asset: amount[0], units: amount[1], destination, expiresAt };
}

/** The bytes of hexadecimal digits. */
export const bytesOf = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Bytes as hexadecimal digits. */
export const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Bytes as base64url without padding. */
export const base64Url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** What a passkey signs: SHA-256 of the bytes. */
export const digestOf = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
