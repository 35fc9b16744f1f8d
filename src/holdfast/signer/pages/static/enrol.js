// A new passkey answers this invitation's challenge; its words are what an officer is told by voice.
import { available, post, register, whyNot } from "./passkey.js";

const button = document.getElementById("register");
const said = document.getElementById("said");
const words = document.getElementById("words");

const say = (text, tone) => {
  said.className = tone ? `alert ${tone}` : "";
  said.textContent = text;
};

async function enrol() {
  const { address, challenge, rp, rpName, name, exclude } = button.dataset;
  say("Waiting for your device ...", "wait");
  let answer;
  try {
    answer = await register({ challenge, rpId: rp, rpName, name, exclude: exclude.trim().split(" ").filter(Boolean) });
  } catch (fault) {
    say(whyNot(fault), "bad");
    return;
  }
  const done = await post(address, answer);
  for (const word of done.words.split(" ")) {
    const item = document.createElement("li");
    item.textContent = word;
    words.append(item);
  }
  words.hidden = false;
  document.getElementById("next").hidden = false;
  button.hidden = true;
  say("Registered. These are your device's words:", "good");
}

if (available()) {
  button.disabled = false;
} else {
  say("This browser cannot register passkeys here.", "bad");
}

button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    await enrol();
  } catch (refusal) {
    say(refusal.code ? `${refusal.message} (${refusal.code})` : refusal.message, "bad");
  } finally {
    button.disabled = false;
  }
});
