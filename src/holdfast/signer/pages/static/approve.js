// One button: the passkey signs the digest that the page shows, and this signer keeps the answer.
import { available, post, sign, whyNot } from "./passkey.js";

const button = document.getElementById("approve");
const said = document.getElementById("said");

const say = (words, tone) => {
  said.className = tone ? `alert ${tone}` : "";
  said.textContent = words;
};

// What was said last is said again on the page as it stands after it.
const reload = (words, tone) => {
  sessionStorage.setItem("said", JSON.stringify({ words, tone }));
  location.reload();
};

const kept = sessionStorage.getItem("said");
if (kept) {
  sessionStorage.removeItem("said");
  const { words, tone } = JSON.parse(kept);
  say(words, tone);
}

async function approve() {
  const { address, challenge, rp, credentials } = button.dataset;
  say("Waiting for your device ...", "wait");
  let answer;
  try {
    answer = await sign({ challenge, rpId: rp, credentials: credentials.trim().split(" ").filter(Boolean) });
  } catch (fault) {
    say(whyNot(fault), "bad");
    return;
  }
  const done = await post(address, answer);
  const more = done.persons - done.approved;
  const rest = more > 0 ? `${more} more ${more === 1 ? "person is" : "persons are"} needed.` : "That is enough.";
  reload(`Approved, ${done.person}. ${done.approved} of ${done.persons} persons. ${rest}`, "good");
}

if (button && available()) {
  button.disabled = false;
} else if (button) {
  say("This browser cannot use passkeys here.", "bad");
}

button?.addEventListener("click", async () => {
  button.disabled = true;
  try {
    await approve();
  } catch (refusal) {
    if (refusal.code === "approval.page_shared") {
      reload(refusal.message, "bad");
      return;
    }
    say(refusal.code ? `${refusal.message} (${refusal.code})` : refusal.message, "bad");
  } finally {
    button.disabled = false;
  }
});
