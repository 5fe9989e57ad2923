/**
 * Asks before something that cannot be undone. Without this module the server answers the same form with a page that asks.
 */

import { part } from "./dom.js";

/**
 * @param {{ question: string, consequence: string, verb: string }} words
 * @returns {Promise<boolean>} whether to go on; Escape and closing mean no
 */
export function confirm({ question, consequence, verb }) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("confirm"));
  /** @type {HTMLElement} */ (document.getElementById("confirm-question")).textContent = question;
  /** @type {HTMLElement} */ (document.getElementById("confirm-consequence")).textContent = consequence;
  part(dialog, "verb").textContent = verb;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** @param {HTMLFormElement} form with data-confirm, data-consequence and data-verb */
export function confirmForm(form) {
  const { confirm: question = "", consequence = "", verb = "Delete" } = form.dataset;
  return confirm({ question, consequence, verb });
}
