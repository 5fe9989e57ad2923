/**
 * The page of a collection's documents: takes files, follows what the workers do, and acts on single documents without leaving the page.
 */

import { announce, part, removeKeepingFocus } from "../lib/dom.js";
import { confirmForm } from "../lib/confirm.js";
import { count } from "../lib/format.js";
import { getJson, send } from "../lib/http.js";
import { Adding } from "./adding.js";
import { fromDrop, fromInput } from "./drop.js";
import { fillRow, makeRow, setState } from "./row.js";

const mostRows = 200;
const page = /** @type {HTMLElement} */ (document.getElementById("documents"));
const collection = page.dataset.collection ?? "";
const api = `/app/collections/${collection}`;
const list = /** @type {HTMLElement} */ (document.getElementById("list"));
/** Documents that somebody else added while this page is open. */
const arrived = new Set();
/** Documents that the stream spoke of before their row was there. */
const missed = new Set();
/** @type {Set<string> | null} Documents whose row changed while a list is on its way: what the list says of them is older. */
let touched = null;

/** @param {string} id */
const rowOf = (id) => /** @type {HTMLElement | null} */ (list.querySelector(`[data-id="${CSS.escape(id)}"]`));

/** @param {string} id */
async function refresh(id) {
  const found = await getJson(`${api}/documents/${id}`);
  touched?.add(id);
  const row = rowOf(id);
  if (row) {
    fillRow(row, found);
  }
  return found;
}

/**
 * A document that this page has just added stands at the top, whatever filter is set: the person wants to see it.
 * @param {string} id
 */
async function show(id) {
  const found = await refresh(id);
  if (!rowOf(id)) {
    list.prepend(makeRow(collection, found));
    if (missed.has(id)) {
      // It went on while its first state was on the way.
      await refresh(id);
    }
    while (list.childElementCount > mostRows) {
      list.lastElementChild?.remove();
    }
  }
  arrived.delete(id);
  missed.delete(id);
  showEmptiness();
  countSoon();
}

/** Brings every row up to date: the page was written a moment before the stream began, and while it is hidden nobody listens. */
async function catchUp() {
  const newer = (touched = new Set());
  try {
    const { items, nextCursor } = await getJson(`${api}/documents?limit=200`);
    if (touched !== newer) {
      // A later one has begun and will know better.
      return;
    }
    const present = new Map(items.map((/** @type {any} */ found) => [found.id, found]));
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("[data-id]"))) {
      const found = present.get(row.dataset.id);
      if (newer.has(row.dataset.id ?? "")) {
        continue;
      }
      if (found && row.dataset.status !== found.status) {
        fillRow(row, found);
      } else if (!found && nextCursor === null) {
        removeRow(row);
      }
    }
  } finally {
    if (touched === newer) {
      touched = null;
    }
  }
  showEmptiness();
  countSoon();
}

/** @param {HTMLElement} row whose focus, if it has it, goes to the next one */
function removeRow(row) {
  removeKeepingFocus(row, "name", document.getElementById("main"));
}

function showEmptiness() {
  /** @type {HTMLElement} */ (document.getElementById("none")).hidden = list.childElementCount > 0;
  const note = /** @type {HTMLElement} */ (document.getElementById("arrived"));
  note.hidden = arrived.size === 0;
  part(note, "text").textContent = `${count(arrived.size, "other document", "other documents")} arrived meanwhile.`;
}

let counting = 0;
/** The numbers on the filter, at most once per second however fast events come. */
function countSoon() {
  counting ||= window.setTimeout(async () => {
    counting = 0;
    try {
      const { documents } = await getJson(api);
      for (const place of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-count]"))) {
        place.textContent = Number(documents[place.dataset.count ?? ""]).toLocaleString("en");
      }
    } catch {
      // Only the numbers: the next event tries again.
    }
  }, 1000);
}

/** @typedef {import("../lib/http.js").Failure} Failure */

/** @param {any} event of the collection's stream */
function onEvent(event) {
  const row = rowOf(event.documentId);
  touched?.add(event.documentId);
  countSoon();
  if (event.status === "deleted") {
    if (row) {
      removeRow(row);
    }
    arrived.delete(event.documentId);
    showEmptiness();
  } else if (row) {
    setState(row, event);
    if (event.status === "ready" || event.status === "failed") {
      announce(`${event.name}: ${event.status === "ready" ? "ready" : `failed. ${event.problem?.message ?? ""}`}`);
      refresh(event.documentId).catch(() => {});
    }
  } else {
    missed.add(event.documentId);
    if (event.status === "queued" && page.dataset.firstPage === "true") {
      arrived.add(event.documentId);
      // A moment later: it may be one of our own whose answer is still on its way.
      setTimeout(showEmptiness, 3000);
    }
  }
}

/** @type {EventSource | null} */
let stream = null;
let ended = false;

function follow() {
  stream?.close();
  const opened = new EventSource(`${api}/events`);
  stream = opened;
  opened.addEventListener("document", (event) => onEvent(JSON.parse(event.data)));
  opened.addEventListener("reset", () => location.reload());
  // Once is enough: after a break the stream resumes where it was.
  opened.addEventListener("open", () => catchUp().catch(() => {}), { once: true });
  opened.addEventListener("error", async () => {
    if (opened !== stream || opened.readyState !== EventSource.CLOSED) {
      return;
    }
    // The server refused: it may be starting again, the session may be over (which leads to signing in), or there is nothing to follow
    // any more.
    const reason = await getJson(api).then(() => null, (/** @type {Failure} */ failure) => failure);
    if (opened !== stream || reason?.status === 401) {
      return;
    }
    if (reason?.status === 404 || reason?.status === 403) {
      end(reason.status === 404 ? "This collection is not here any more: it was deleted or renamed." : reason.message);
    } else {
      setTimeout(() => opened === stream && follow(), 5000);
    }
  });
}

/**
 * Nothing on this page can be done any more: says so and stops asking.
 * @param {string} words
 */
function end(words) {
  stream?.close();
  ended = true;
  const note = /** @type {HTMLElement} */ (document.getElementById("ended"));
  part(note, "text").textContent = words;
  note.hidden = false;
  for (const control of /** @type {NodeListOf<HTMLButtonElement | HTMLInputElement>} */ (page.querySelectorAll("button, input[type=file]"))) {
    control.disabled = true;
  }
  announce(words);
}

/** Browsers allow six connections to one site, over all tabs: a tab that nobody sees gives its own back. */
function startFollowing() {
  const act = () => {
    if (document.hidden) {
      stream?.close();
      stream = null;
    } else if (stream === null && !ended) {
      follow();
    }
  };
  document.addEventListener("visibilitychange", act);
  addEventListener("pagehide", () => stream?.close());
  act();
}

/** Retry and delete: the forms work without this, but then the page is left. */
function startActions() {
  list.addEventListener("submit", async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const row = /** @type {HTMLElement | null} */ (form.closest("[data-id]"));
    const id = row?.dataset.id;
    if (!row || !id || !form.dataset.action) {
      return;
    }
    event.preventDefault();
    try {
      if (form.dataset.action === "retry") {
        await send(`${api}/documents/${id}/reprocess`, { method: "POST" });
        await refresh(id);
        part(row, "name").focus();
        announce("In the queue again");
      } else if (await confirmForm(form)) {
        await send(`${api}/documents/${id}`, { method: "DELETE" });
        // The event of the deletion may have been faster than its answer.
        if (row.isConnected) {
          removeRow(row);
        }
        showEmptiness();
        countSoon();
        announce("Deleted");
      }
    } catch (error) {
      const reason = part(row, "problem");
      reason.hidden = false;
      reason.textContent = error instanceof Error ? error.message : String(error);
      announce(reason.textContent);
    }
  });
}

function startAdding() {
  const section = document.getElementById("uploads");
  const drop = document.getElementById("drop");
  if (!section || !drop) {
    return;
  }
  const adding = new Adding(section, collection, show);
  for (const id of ["pick-files", "pick-folder"]) {
    const input = /** @type {HTMLInputElement} */ (document.getElementById(id));
    input.addEventListener("change", () => {
      adding.add(fromInput(/** @type {FileList} */ (input.files)));
      input.value = "";
    });
    input.disabled = false;
  }
  // The whole page takes a drop: whoever misses the box would else leave the page for the file.
  let depth = 0;
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  const mark = () => (drop.dataset.over = String(depth > 0));
  addEventListener("dragenter", (event) => hasFiles(event) && (depth++, mark()));
  addEventListener("dragleave", (event) => hasFiles(event) && ((depth = Math.max(0, depth - 1)), mark()));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", async (event) => {
    if (event.dataTransfer && hasFiles(event)) {
      event.preventDefault();
      depth = 0;
      mark();
      adding.add(await fromDrop(event.dataTransfer));
    }
  });
}

startActions();
startAdding();
startFollowing();
