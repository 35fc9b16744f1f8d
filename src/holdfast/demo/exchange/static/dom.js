// Building the page from values: text stays text, whatever it says.

/** The element with this id. */
export const find = (id) => document.getElementById(id);

/**
 * A new element.
 * @param {string} tag
 * @param {Object<string, string|Function|undefined>} traits attributes; functions are listeners, undefined is left out.
 * @param {...(Node|string|null)} children
 */
export function make(tag, traits = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(traits)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Put words, in a tone (good, bad, watch, wait or none), where screen readers hear them. */
export function say(region, words, tone = "") {
  region.textContent = words;
  region.dataset.tone = tone;
}

/** What went wrong, in words, with the code that the documentation lists. */
export const told = (fault) => (fault.code ? `${fault.message} (${fault.code})` : fault.message);

/** Do something once at a time: the button waits, and the region says what came of it. */
export async function once(button, region, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  // Not "disabled": the focus would be lost, and with it the place of whoever uses the keyboard.
  button.setAttribute("aria-disabled", "true");
  say(region, "");
  try {
    const words = await work();
    if (words) say(region, words, "good");
  } catch (fault) {
    say(region, told(fault), "bad");
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** Show other children, only if they changed, and keep the focus where it was. */
export function show(parent, value, build) {
  const key = JSON.stringify(value);
  if (parent.dataset.shown === key) return;
  parent.dataset.shown = key;
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  parent.replaceChildren(...build(value));
  if (focused !== undefined) parent.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}
