/**
 * All markup is written by the server, in templates where a list grows in the browser. These few functions fill it, and only ever with
 * text: nothing that comes from a document can become an element.
 */

/**
 * A fresh copy of the one element in a template.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function copyOf(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  return /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
}

/**
 * The element with that part's name inside another.
 * @param {ParentNode} root
 * @param {string} name
 * @returns {any}
 */
export function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}

/**
 * An element with a text.
 * @param {string} tag
 * @param {string} text
 * @param {string} [className]
 */
export function element(tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) {
    made.className = className;
  }
  return made;
}

/**
 * Says something to screen readers without moving anybody's focus. Behind a modal dialog everything is inert, the page's region too, so
 * the dialogs in which something happens have one of their own.
 * @param {string} text
 */
export function announce(text) {
  const region = document.getElementById("announcer");
  (document.querySelector("dialog:modal [data-announcer]") ?? region)?.replaceChildren(text);
}

/**
 * Removes one of a list. Where it holds the focus, that goes to the neighbour's part, or without one to a place that stays.
 * @param {Element} row
 * @param {string} name
 * @param {HTMLElement | null} place
 */
export function removeKeepingFocus(row, name, place) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  const focused = row.contains(document.activeElement);
  row.remove();
  if (focused) {
    (next ? part(next, name) : place)?.focus();
  }
}

/** Whether the reader asked for less movement. */
export function prefersStillness() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
