// The console's own script: the menu on a phone, the keyboard, the search's list, and live pages that can be paused.

const EVERY_MS = 5000;
const PAUSED = "holdfast-console-paused";

// The menu

const side = document.querySelector(".side");
const menu = document.querySelector(".menu");
menu.addEventListener("click", () => {
  const open = side.classList.toggle("open");
  menu.setAttribute("aria-expanded", String(open));
});

// The search: "/" goes there, arrows go through what it found, Escape leaves

const field = document.querySelector("#q");
const hits = document.querySelector("#hits");
let chosen = -1;

const options = () => [...hits.querySelectorAll("a.hit")];

function choose(number) {
  const all = options();
  chosen = all.length === 0 ? -1 : (number + all.length) % all.length;
  all.forEach((each, at) => each.setAttribute("aria-selected", String(at === chosen)));
  if (chosen < 0) {
    field.removeAttribute("aria-activedescendant");
  } else {
    field.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  }
}

function show(open) {
  hits.hidden = !open;
  field.setAttribute("aria-expanded", String(open));
  field.removeAttribute("aria-activedescendant");
  options().forEach((each) => each.setAttribute("aria-selected", "false"));
  chosen = -1;
}

const sought = () => document.activeElement === field && field.value.trim() !== "" && hits.childElementCount > 0;

document.addEventListener("htmx:after:swap", (event) => {
  if (event.target === field || event.target === hits) show(sought());
});
field.addEventListener("focus", () => show(sought()));
field.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? -1 : chosen - 1);
  } else if (event.key === "Enter" && chosen >= 0) {
    event.preventDefault();
    options()[chosen].click();
  } else if (event.key === "Escape") {
    show(false);
    field.blur();
  }
});
document.addEventListener("click", (event) => {
  if (!event.target.closest(".search")) show(false);
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    field.focus();
    field.select();
  }
});

// Live pages: the part that changes is asked for again while somebody looks and reads nothing off it

const state = document.querySelector(".live-state");
const button = document.querySelector(".live-button");
const words = document.querySelector(".live-words");
let paused = localStorage.getItem(PAUSED) === "yes";

const live = () => document.querySelector("#live");

function tell(text, lost = false) {
  words.textContent = text;
  words.classList.toggle("lost", lost);
}

function reading() {
  const selection = document.getSelection();
  return selection !== null && !selection.isCollapsed && live().contains(selection.anchorNode);
}

function refresh() {
  if (!paused && !document.hidden && !reading()) window.htmx.trigger(live(), "refresh");
}

function setPaused(now) {
  paused = now;
  localStorage.setItem(PAUSED, now ? "yes" : "no");
  state.classList.toggle("paused", now);
  button.textContent = now ? "Resume" : "Pause";
  button.setAttribute("aria-pressed", String(now));
  tell(now ? "Paused" : "Live");
}

if (live()) {
  state.hidden = false;
  setPaused(paused);
  button.addEventListener("click", () => {
    setPaused(!paused);
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.target.id === "live" && !paused) {
      tell(`Live, ${new Date().toISOString().slice(11, 19)} UTC`);
    }
  });
  document.addEventListener("htmx:error", () => {
    if (!paused) tell("No answer: what is shown may be old", true);
  });
  setInterval(refresh, EVERY_MS);
}
