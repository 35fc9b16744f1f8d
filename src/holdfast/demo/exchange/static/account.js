// The account: what it holds, asked again every few seconds; deposits and withdrawals under way; the simulation.

import { find, make, once, say, show } from "./dom.js";
import { keepBalance } from "./keepsake.js";
import { post } from "./passkey.js";
import { prepareWithdrawal } from "./withdraw.js";

const EVERY_MS = 2500;
const STEPS = ["Ordered", "Accepted", "Approved", "Sent", "Paid"];

const page = find("account");
const customer = page.dataset.customer;
const titles = new Map();

const badge = (tone, words) => make("span", { class: `badge ${tone}` }, words);

const when = (seconds) => {
  const at = new Date(seconds * 1000);
  return make("time", { datetime: at.toISOString() }, at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));
};

const capital = (name) => name[0].toUpperCase() + name.slice(1);

function deposits(rows) {
  if (rows.length === 0) return [make("li", { class: "empty" }, "Nothing has arrived yet.")];
  return rows.map((row) =>
    make(
      "li",
      {},
      make("div", { class: "line" }, make("span", { class: "amount" }, row.amount), badge(row.tone, row.words)),
      make("code", { class: "quiet small wrap" }, row.txid),
    ),
  );
}

function progress(row) {
  const steps = STEPS.map((name, index) => {
    const passed = index < row.step;
    const now = index === row.step - 1;
    return make("li", { class: passed ? "passed" : "", "aria-current": now ? "step" : undefined }, name);
  });
  return make("ol", { class: "steps" }, ...steps);
}

function cancel(row) {
  if (!row.can_be_cancelled) return null;
  const said = make("span", { class: "said", role: "status" });
  const work = async () => {
    await post("/withdrawals/cancel", { reference: row.reference });
    await refresh();
  };
  const label = `Cancel the withdrawal of ${row.amount}`;
  const traits = { type: "button", class: "button slim", "aria-label": label, "data-key": `cancel ${row.reference}` };
  return make("p", { class: "line" }, make("button", { ...traits, click: (event) => once(event.currentTarget, said, work) }, "Cancel"), said);
}

function withdrawals(rows) {
  if (rows.length === 0) return [make("li", { class: "empty" }, "You have not withdrawn anything yet.")];
  return rows.map((row) =>
    make(
      "li",
      {},
      make("div", { class: "line" }, make("span", { class: "amount" }, row.amount), badge(row.tone, row.title)),
      make("p", { class: "small wrap" }, "To ", make("code", {}, row.destination)),
      row.tone === "bad" || row.tone === "plain" ? null : progress(row),
      make("p", { class: "small" }, row.words, row.code ? " " : null, row.code ? make("code", {}, row.code) : null),
      row.reasons.length ? make("ul", { class: "reasons small" }, ...row.reasons.map((reason) => make("li", {}, reason))) : null,
      row.txid ? make("p", { class: "quiet small wrap" }, "Transaction ", make("code", {}, row.txid)) : null,
      make("p", { class: "quiet small" }, when(row.requested_at_s)),
      cancel(row),
    ),
  );
}

function payouts(rows) {
  if (rows.length === 0) {
    return [make("p", { class: "empty" }, "No payout waits for approvals. Withdraw something, and it appears here.")];
  }
  return rows.map((row) => {
    const given = row.persons.filter((person) => person.approved).length;
    const heading = `A payout of ${row.total}: ${given} of ${row.needed} approvals`;
    const people = row.persons.map((person) =>
      person.approved
        ? badge("good", `${capital(person.name)} approved`)
        : make(
            "button",
            { type: "button", class: "button slim", "data-key": `${row.intent} ${person.name}`, click: approval(row, person) },
            `${capital(person.name)} approves`,
          ),
    );
    return make("div", { class: "payout" }, make("h3", {}, heading), make("div", { class: "row" }, ...people));
  });
}

const approval = (row, person) => (event) =>
  once(event.currentTarget, find("simulation-said"), async () => {
    const { state } = await post("/simulation/approve", { person: person.name, intent: row.intent });
    await refresh();
    const words = `${capital(person.name)}’s software authenticator approved it.`;
    return state === "approved" ? `${words} That is enough: the signers check it now, and sign.` : words;
  });

/** Tell screen readers what has changed; whoever sees the page sees it. */
function announce(rows) {
  for (const { reference, amount, title, words } of rows) {
    const before = titles.get(reference);
    if (before !== undefined && before !== title) say(find("news"), `Withdrawal of ${amount}: ${title}. ${words}`);
    titles.set(reference, title);
  }
}

function draw(account) {
  const { balance, simulation } = account;
  find("available").textContent = balance.available;
  find("held").textContent = balance.holds_some
    ? `${balance.held} set aside for withdrawals; ${balance.total} in all`
    : "Nothing is set aside for withdrawals.";
  keepBalance(customer, balance.total);
  show(find("deposits"), account.deposits, deposits);
  show(find("withdrawals"), account.withdrawals, withdrawals);
  announce(account.withdrawals);
  if (simulation) {
    show(find("payouts"), simulation.payouts, payouts);
    find("height").textContent = `Block ${simulation.height}. One is mined every few seconds anyway.`;
  }
}

async function refresh() {
  const response = await fetch("/account.json", { redirect: "error" });
  if (response.status === 401) return location.assign("/");
  if (!response.ok) throw new Error("not now");
  draw(await response.json());
}

async function follow() {
  try {
    if (!document.hidden) await refresh();
    find("stale").hidden = true;
  } catch {
    find("stale").hidden = false;
  }
  setTimeout(follow, EVERY_MS);
}

function onPress(id, region, work) {
  find(id)?.addEventListener("click", (event) => once(event.currentTarget, find(region), work));
}

onPress("copy", "copy-said", async () => {
  await navigator.clipboard.writeText(find("address").textContent);
  return "Copied.";
});
onPress("fund", "fund-said", async () => {
  const { amount } = await post("/simulation/fund", {});
  await refresh();
  return `${amount} is on its way to you.`;
});
onPress("mine", "simulation-said", async () => {
  await post("/simulation/mine", {});
  await refresh();
  return "A block was mined.";
});

prepareWithdrawal({ customer, venue: page.dataset.venue, standIn: page.dataset.standIn === "yes", refresh });
draw(JSON.parse(page.dataset.account));
setTimeout(follow, EVERY_MS);
