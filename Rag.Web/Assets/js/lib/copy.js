/**
 * Copying to the clipboard, with words for both ends it can come to.
 */

import { announce } from "./dom.js";

const shownFor = 2500;

/**
 * @param {string} text
 * @param {HTMLElement} label of the button, which says what became of it for a moment
 */
export async function copy(text, label) {
  const usual = (label.dataset.usual ??= label.textContent ?? "");
  let words = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Refused by the person, the browser's settings or a window without focus: nothing is lost, the text can be selected.
    words = "Not copied";
  }
  label.textContent = words;
  announce(words === "Copied" ? words : "The browser did not let it be copied. Select the text and copy it by hand.");
  setTimeout(() => (label.textContent = usual), shownFor);
}
