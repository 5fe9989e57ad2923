/**
 * Sends files, a few at a time. XMLHttpRequest and not fetch, because only it tells how much of a body has been sent.
 */

import { Failure, failureOf } from "../lib/http.js";

/**
 * @typedef {import("./drop.js").Picked} Picked
 * @typedef {{ name: string, status: "queued" | "unchanged" | "rejected", id: string | null, problem: { code: string, message: string } | null }} Item
 */

/**
 * @param {string} collection
 * @param {Picked} picked
 * @param {(percent: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<Item>}
 */
export function upload(collection, { file, path }, onProgress, signal) {
  const form = new FormData();
  if (path !== null) {
    // Which document it is: the same place in the same folder, whatever it holds next time.
    form.append("sourceId", path);
  }
  form.append("file", file, file.name);
  const request = new XMLHttpRequest();
  request.open("POST", `/app/collections/${collection}/documents`);
  request.responseType = "json";
  request.setRequestHeader("Accept", "application/json");
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => onProgress(event.total > 0 ? (100 * event.loaded) / event.total : 0));
    request.addEventListener("load", () => {
      const item = request.response?.items?.[0];
      if (item) {
        resolve(item);
      } else {
        reject(failureOf(request.status, request.response));
      }
    });
    request.addEventListener("error", () => reject(new Failure("The connection broke while sending.", 0, "unreachable")));
    request.addEventListener("abort", () => reject(new DOMException("Cancelled", "AbortError")));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}

/** Runs tasks in order, a few at a time. */
export class Lanes {
  #free;
  /** @type {(() => Promise<void>)[]} */
  #waiting = [];

  /** @param {number} width */
  constructor(width) {
    this.#free = width;
  }

  /** @param {() => Promise<void>} task which deals with its own errors */
  add(task) {
    this.#waiting.push(task);
    this.#next();
  }

  #next() {
    const task = this.#free > 0 ? this.#waiting.shift() : undefined;
    if (task) {
      this.#free--;
      task().finally(() => {
        this.#free++;
        this.#next();
      });
    }
  }
}
