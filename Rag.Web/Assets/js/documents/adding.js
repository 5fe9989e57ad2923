/**
 * The list of what is being added. A file leaves it as soon as it is a document, which then stands in the list below; what was refused,
 * or was there already, stays here with the reason until it is cleared.
 */

import { announce, copyOf, part } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { Lanes, upload } from "./upload.js";

const lanes = 3;
const mostRows = 200;

export class Adding {
  #section;
  #collection;
  #onDocument;
  #lanes = new Lanes(lanes);
  #total = 0;
  #finished = 0;

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
    this.#total += files.length;
    for (const picked of files) {
      const abort = new AbortController();
      const row = copyOf("upload-template");
      const name = picked.path ?? picked.file.name;
      part(row, "name").textContent = name;
      part(row, "cancel-label").textContent = `Cancel ${name}`;
      part(row, "progress").setAttribute("aria-label", `Sending ${name}`);
      part(row, "cancel").addEventListener("click", () => (row.dataset.over ? row.remove() : abort.abort(), this.#show()));
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
      if (signal.aborted) {
        row.remove();
        return;
      }
      part(row, "state").textContent = "Sending";
      const bar = part(row, "progress");
      const item = await upload(this.#collection, picked, (percent) => {
        bar.value = percent;
        part(row, "state").textContent = percent >= 100 ? "Storing" : `Sending, ${Math.floor(percent)} %`;
      }, signal);
      if (item.status === "queued" && item.id) {
        await this.#onDocument(item.id);
        row.remove();
      } else if (item.status === "unchanged") {
        this.#end(row, "Already here, unchanged", false);
      } else {
        this.#end(row, item.problem?.message ?? "It was not accepted.", true);
      }
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") {
        row.remove();
      } else {
        this.#end(row, error instanceof Error ? error.message : String(error), true);
      }
    } finally {
      this.#finished++;
      this.#show();
      if (this.#finished === this.#total) {
        announce("All files are sent");
      }
    }
  }

  /**
   * @param {HTMLElement} row
   * @param {string} words
   * @param {boolean} bad
   */
  #end(row, words, bad) {
    row.dataset.over = bad ? "bad" : "same";
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
