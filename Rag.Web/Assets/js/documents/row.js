/**
 * One document in the list: fills and refreshes the row that DocumentRow.razor lays out.
 */

import { copyOf, element, part } from "../lib/dom.js";
import { facts, localise, statusWords } from "../lib/format.js";

/**
 * A row for a document that the server's page did not have yet.
 * @param {string} collection
 * @param {any} found a document of the API
 */
export function makeRow(collection, found) {
  const row = copyOf("doc-template");
  const base = `/collections/${collection}/documents`;
  row.dataset.id = found.id;
  part(row, "name").href = `${base}/${found.id}`;
  part(row, "download").href = `/app${base}/${found.id}/content`;
  part(row, "download-name").textContent = found.name;
  for (const action of ["retry", "delete"]) {
    const form = part(row, action);
    if (form) {
      form.action = `${base}/${found.id}/${action}`;
    }
  }
  if (part(row, "delete")) {
    part(row, "delete").dataset.confirm = `Delete “${found.name}”?`;
    part(row, "delete-name").textContent = found.name;
  }
  const created = part(row, "created");
  created.dateTime = found.created;
  localise(created);
  fillRow(row, found);
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {any} found a document of the API
 */
export function fillRow(row, found) {
  part(row, "name").textContent = found.title ?? found.name;
  part(row, "file").textContent = found.name;
  part(row, "file").hidden = found.title === null;
  part(row, "facts").textContent = facts(found);
  part(row, "older").hidden = !(found.searchable && found.status !== "ready");
  const warnings = part(row, "warnings");
  warnings.hidden = found.warnings.length === 0;
  warnings.replaceChildren(...found.warnings.map((/** @type {string} */ text) => element("li", text)));
  setState(row, found);
}

/**
 * The part of a row that changes while a document is worked on; an event of the stream is enough for it.
 * @param {HTMLElement} row
 * @param {{ status: string, stage: string | null, progress: number, problem: { message: string } | null }} state
 */
export function setState(row, { status, stage, progress, problem }) {
  row.dataset.status = status;
  part(row, "chip").textContent = statusWords[status] ?? status;
  const bar = part(row, "progress");
  bar.hidden = status !== "processing";
  bar.value = progress;
  part(row, "stage").textContent = status === "processing" ? (stage ?? "") : "";
  const reason = part(row, "problem");
  reason.hidden = !problem || status === "ready";
  reason.textContent = problem?.message ?? "";
  const retry = part(row, "retry");
  if (retry) {
    retry.hidden = status !== "failed";
  }
}
