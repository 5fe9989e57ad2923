/**
 * What every page has: the switch for colours, dialogs, times in the reader's zone, copying, and forms that ask first.
 */

import { announce, element, part } from "./lib/dom.js";
import { confirmForm } from "./lib/confirm.js";
import { copy } from "./lib/copy.js";
import { localise } from "./lib/format.js";

/** The switch goes round: what the system says, light, dark. The choice is a cookie, so that the server's next page has it at once. */
function startThemeSwitch() {
  const button = document.querySelector("[data-theme-switch]");
  if (!(button instanceof HTMLButtonElement)) {
    return;
  }
  const root = document.documentElement;
  const order = ["", "light", "dark"];
  const words = { "": "as the system", light: "light", dark: "dark" };
  const show = () => {
    const now = root.dataset.theme ?? "";
    const label = `Colours: ${words[/** @type {keyof typeof words} */ (now)]}`;
    part(button, "label").textContent = label;
    button.title = label;
    return label;
  };
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    const next = order[(order.indexOf(root.dataset.theme ?? "") + 1) % order.length];
    if (next) {
      root.dataset.theme = next;
    } else {
      delete root.dataset.theme;
    }
    document.cookie = `rag-theme=${next}; path=/; max-age=${next ? 31536000 : 0}; samesite=lax`;
    announce(show());
  });
}

/** Buttons that open a dialog, and those inside that close it; a form that was refused opens its dialog again. */
function startDialogs() {
  for (const opener of document.querySelectorAll("[data-open]")) {
    const dialog = document.getElementById(/** @type {HTMLElement} */ (opener).dataset.open ?? "");
    opener.addEventListener("click", (event) => {
      if (dialog instanceof HTMLDialogElement) {
        event.preventDefault();
        dialog.showModal();
      }
    });
  }
  for (const closer of document.querySelectorAll("[data-close]")) {
    closer.addEventListener("click", () => closer.closest("dialog")?.close());
  }
  const waiting = document.querySelector("dialog[data-open-now]");
  if (waiting instanceof HTMLDialogElement) {
    waiting.showModal();
  }
}

/** Forms with data-confirm are sent only after a yes. Those with data-action are somebody else's: their page sends them itself. */
function startConfirmations() {
  document.addEventListener("submit", async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.dataset.confirm || form.dataset.action || event.defaultPrevented) {
      return;
    }
    event.preventDefault();
    if (await confirmForm(form)) {
      const yes = document.createElement("input");
      yes.type = "hidden";
      yes.name = "confirmed";
      yes.value = "yes";
      form.append(yes);
      showWork(form);
      form.submit();
    }
  });
}

/**
 * A form is sent once, however often its button is pressed, and what may take long says so while it is done. The next page replaces
 * the words, and coming back to this one takes them away.
 */
function startWork() {
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!event.defaultPrevented && form.method === "post") {
      showWork(form);
    }
  });
  addEventListener("pageshow", () => {
    document.getElementById("work")?.remove();
    document.querySelectorAll("button[data-working]").forEach((button) => button.removeAttribute("disabled"));
  });
}

/** @param {HTMLFormElement} form */
function showWork(form) {
  for (const button of form.querySelectorAll("button")) {
    // Once is enough; the form itself is on its way already.
    button.dataset.working = "true";
    setTimeout(() => (button.disabled = true));
  }
  const words = form.dataset.working;
  if (!words || document.getElementById("work")) {
    return;
  }
  const note = element("p", words, "flash");
  note.id = "work";
  document.getElementById("main")?.prepend(note);
  note.scrollIntoView({ block: "center" });
  announce(words);
}

function startCopying() {
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-copy]"))) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await copy(button.dataset.copy ?? "", part(button, "label"));
    });
  }
}

/** The menu closes like menus do, and signing out leaves nothing of the conversation in this tab. */
function startAccount() {
  const menu = document.querySelector("details.account");
  document.addEventListener("click", (event) => {
    if (menu instanceof HTMLDetailsElement && event.target instanceof Node && !menu.contains(event.target)) {
      menu.open = false;
    }
  });
  menu?.addEventListener("keydown", (event) => {
    if (/** @type {KeyboardEvent} */ (event).key === "Escape" && menu instanceof HTMLDetailsElement && menu.open) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
  document.querySelector("form[data-forget]")?.addEventListener("submit", () => sessionStorage.clear());
}

startThemeSwitch();
startDialogs();
startConfirmations();
startWork();
startCopying();
startAccount();
for (const time of document.querySelectorAll("main time[datetime]")) {
  localise(/** @type {HTMLTimeElement} */ (time));
}
