// Amounts as whole base units: no fraction of a satoshi is ever rounded.

const DECIMALS = { BTC: 8 };

/** Base units in whole coins, as the exchange writes them: `0.015 BTC`. */
export function amountText(units, asset) {
  const decimals = DECIMALS[asset];
  if (decimals === undefined) throw new Error(`The order is for ${asset}, which this page does not know.`);
  const digits = units.toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, -decimals).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const fraction = digits.slice(-decimals).replace(/0+$/, "");
  return `${whole}${fraction ? "." : ""}${fraction} ${asset}`;
}

/** The base units of a plain decimal in whole coins, or null if it is none. */
export function unitsOf(text, asset) {
  const parts = /^(\d{1,20})(?:\.(\d+))?$/.exec(text.trim());
  const fraction = parts?.[2] ?? "";
  if (parts === null || fraction.length > DECIMALS[asset]) return null;
  return BigInt(parts[1] + fraction.padEnd(DECIMALS[asset], "0"));
}
