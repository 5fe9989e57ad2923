/**
 * The list of what is being added. A file leaves it as soon as it is a document, which then stands in the list below; what was refused,
 * or was there already, stays here with the reason until it is cleared.
 */

import { announce, copyOf, part, removeKeepingFocus } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { Lanes, upload } from "./upload.js";

const lanes = 3;
const mostRows = 200;
/** A screen reader would go on for minutes; the list has them all. */
const mostSaid = 5;

function nothingYet() {
  return { added: 0, same: 0, cancelled: 0, refusals: /** @type {string[]} */ ([]) };
}

export class Adding {
  #section;
  #collection;
  #onDocument;
  #lanes = new Lanes(lanes);
  #total = 0;
  #finished = 0;
  /** Of the files that are on their way together. */
  #outcome = nothingYet();

  /**
   * @param {HTMLElement} section
   * @param {string} collection
   * @param {(id: string) => Promise<void>} onDocument
   */
  constructor(section, collection, onDocument) {
    this.#section = section;
    this.#collection = collection;
    this.#onDocument = onDocument;
    part(section, "clear").addEventListener("click", () => {
      for (const row of section.querySelectorAll("[data-over]")) {
        row.remove();
      }
      // The button goes with the list.
      this.#placeToStay().focus();
      this.#show();
    });
    addEventListener("beforeunload", (event) => {
      if (this.#finished < this.#total) {
        event.preventDefault();
      }
    });
  }

  /** @param {import("./drop.js").Picked[]} files */
  add(files) {
    if (files.length === 0) {
      return;
    }
    announce(`Adding ${count(files.length, "file", "files")}`);
    if (this.#finished === this.#total) {
      this.#total = 0;
      this.#finished = 0;
      this.#outcome = nothingYet();
    }
    this.#total += files.length;
    for (const picked of files) {
      const abort = new AbortController();
      const row = copyOf("upload-template");
      const name = picked.path ?? picked.file.name;
      part(row, "name").textContent = name;
      part(row, "cancel-label").textContent = `Cancel ${name}`;
      part(row, "progress").setAttribute("aria-label", `Sending ${name}`);
      part(row, "cancel").addEventListener("click", () => {
        if (row.dataset.over) {
          this.#remove(row);
          this.#show();
        } else {
          abort.abort();
        }
      });
      const list = part(this.#section, "list");
      if (list.childElementCount < mostRows) {
        list.append(row);
      }
      this.#lanes.add(() => this.#send(picked, row, abort.signal));
    }
    this.#show();
  }

  /**
   * @param {import("./drop.js").Picked} picked
   * @param {HTMLElement} row
   * @param {AbortSignal} signal
   */
  async #send(picked, row, signal) {
    try {
      signal.throwIfAborted();
      part(row, "state").textContent = "Sending";
      const bar = part(row, "progress");
      const item = await upload(this.#collection, picked, (percent) => {
        bar.value = percent;
        part(row, "state").textContent = percent >= 100 ? "Storing" : `Sending, ${Math.floor(percent)} %`;
      }, signal);
      if (item.status === "queued" && item.id) {
        this.#outcome.added++;
        await this.#showDocument(item.id, row);
      } else if (item.status === "unchanged") {
        this.#outcome.same++;
        this.#end(row, "Already here, unchanged", "same");
      } else {
        this.#refuse(row, item.problem?.message ?? "It was not accepted.");
      }
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") {
        this.#outcome.cancelled++;
        this.#remove(row);
      } else {
        this.#refuse(row, error instanceof Error ? error.message : String(error));
      }
    } finally {
      this.#finished++;
      this.#show();
      if (this.#finished === this.#total) {
        announce(this.#summary());
      }
    }
  }

  /**
   * @param {string} id of a document that is stored, whatever happens to this page from now on
   * @param {HTMLElement} row
   */
  async #showDocument(id, row) {
    try {
      await this.#onDocument(id);
      this.#remove(row);
    } catch {
      this.#end(row, "Added. Reload the page to see it in the list.", "same");
    }
  }

  /**
   * @param {HTMLElement} row
   * @param {string} words
   */
  #refuse(row, words) {
    const refusal = `${part(row, "name").textContent} was not added: ${words}`;
    this.#outcome.refusals.push(refusal);
    this.#end(row, words, "bad");
    announce(refusal);
  }

  /** Said once at the end, with the refusals again: a later announcement cuts an earlier one short. */
  #summary() {
    const { added, same, cancelled, refusals } = this.#outcome;
    const parts = [
      added > 0 ? count(added, "file added", "files added") : "",
      same > 0 ? count(same, "file was here already", "files were here already") : "",
      refusals.length > 0 ? count(refusals.length, "file not added", "files not added") : "",
      cancelled > 0 ? count(cancelled, "file cancelled", "files cancelled") : "",
    ];
    return [`${parts.filter(Boolean).join(", ")}.`, ...refusals.slice(0, mostSaid)].join(" ");
  }

  /** @param {HTMLElement} row */
  #remove(row) {
    removeKeepingFocus(row, "cancel", this.#placeToStay());
  }

  /** Where the focus goes when the list that had it is gone. */
  #placeToStay() {
    return /** @type {HTMLElement} */ (document.getElementById("pick-files") ?? document.getElementById("main"));
  }

  /**
   * @param {HTMLElement} row
   * @param {string} words
   * @param {"bad" | "same"} outcome
   */
  #end(row, words, outcome) {
    row.dataset.over = outcome;
    part(row, "state").textContent = words;
    part(row, "progress").hidden = true;
    part(row, "cancel-label").textContent = `Remove ${part(row, "name").textContent} from this list`;
    if (!row.isConnected) {
      part(this.#section, "list").append(row);
    }
  }

  #show() {
    const rows = part(this.#section, "list").childElementCount;
    const running = this.#finished < this.#total;
    this.#section.hidden = rows === 0 && !running;
    part(this.#section, "summary").textContent = running ? `${this.#finished} of ${count(this.#total, "file", "files")} sent` : "";
    part(this.#section, "clear").hidden = running || rows === 0;
  }
}
