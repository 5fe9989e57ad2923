/**
 * The panel that shows where a citation stands: the document's text with the passage marked. Beside the conversation where there is
 * room, over it where there is none.
 */

import { announce, element, part, prefersStillness } from "../lib/dom.js";
import { getJson } from "../lib/http.js";

/**
 * @typedef {{ documentId: string, generation: number, documentName: string, title: string | null, page: number | null,
 *   start: number, end: number, quote?: string }} Passage
 */

const wide = matchMedia("(min-width: 70rem)");

export class SourcePanel {
  /** @type {HTMLDialogElement} */
  #dialog;
  #collection;
  /** @type {HTMLElement | null} */
  #opener = null;
  #asked = 0;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {string} collection
   */
  constructor(dialog, collection) {
    this.#dialog = dialog;
    this.#collection = collection;
    part(dialog, "close").addEventListener("click", () => this.#close());
    dialog.addEventListener("keydown", (event) => {
      // A dialog that stands beside the page does not close on Escape by itself.
      if (event.key === "Escape" && dialog.open) {
        event.preventDefault();
        this.#close();
      }
    });
    // Comes a moment after the closing, so it must not touch the focus, which may have moved on; and the panel may be open again.
    dialog.addEventListener("close", () => {
      if (!dialog.open) {
        this.#asked++;
        this.#opener?.removeAttribute("aria-expanded");
      }
    });
  }

  #close() {
    this.#dialog.close();
    // The page may have redrawn the marker meanwhile; then the next question is the best place to go on.
    (this.#opener?.isConnected ? this.#opener : document.getElementById("question"))?.focus();
  }

  /**
   * @param {Passage} passage
   * @param {HTMLElement} opener gets the focus back
   */
  async open(passage, opener) {
    const asked = ++this.#asked;
    this.#opener?.removeAttribute("aria-expanded");
    this.#opener = opener;
    opener.setAttribute("aria-expanded", "true");
    this.#fillHead(passage);
    const body = part(this.#dialog, "body");
    body.replaceChildren(element("p", "Fetching the text…", "muted"));
    if (!this.#dialog.open) {
      if (wide.matches) {
        this.#dialog.show();
      } else {
        this.#dialog.showModal();
      }
    }
    document.getElementById("source-title")?.focus();
    try {
      const view = await getJson(`${this.#path(passage, "/app")}/passage${queryOf(passage)}`);
      if (asked === this.#asked) {
        this.#show(view, passage, body);
      }
    } catch (error) {
      if (asked === this.#asked) {
        body.replaceChildren(element("p", error instanceof Error ? error.message : String(error), "field-problem"));
      }
    }
  }

  /** @param {Passage} passage */
  #fillHead(passage) {
    /** @type {HTMLElement} */ (document.getElementById("source-title")).textContent = passage.title ?? passage.documentName;
    this.#place(passage.title ? passage.documentName : null, passage.page, []);
    part(this.#dialog, "open").href = `${this.#path(passage, "")}${queryOf(passage)}#passage`;
    part(this.#dialog, "download").href = `${this.#path(passage, "/app")}/content`;
  }

  /**
   * @param {string | null} file
   * @param {number | null} page
   * @param {string[]} headings
   */
  #place(file, page, headings) {
    part(this.#dialog, "place").textContent = [file, page === null ? null : `page ${page}`, headings.join(" › ")].filter(Boolean).join(" · ");
  }

  /**
   * @param {Passage} passage
   * @param {string} prefix
   */
  #path(passage, prefix) {
    return `${prefix}/collections/${this.#collection}/documents/${passage.documentId}`;
  }

  /**
   * @param {any} view
   * @param {Passage} passage
   * @param {HTMLElement} body
   */
  #show(view, passage, body) {
    // The first heading is often the title itself, which stands above already.
    const headings = view.headings.filter((/** @type {string} */ heading) => heading !== view.title);
    this.#place(view.title ? view.name : null, view.page ?? passage.page, headings);
    /** @type {HTMLElement[]} */
    const shown = [];
    if (view.changed) {
      shown.push(element("p", "The document has been replaced since this answer. Its present text follows; the passage was:", "flash warning"));
      if (passage.quote) {
        shown.push(element("blockquote", passage.quote));
      }
    }
    if (view.before) {
      shown.push(element("p", "…", "source-cut"));
    }
    for (const parts of view.paragraphs) {
      const paragraph = document.createElement("p");
      paragraph.append(...parts.map((/** @type {any} */ one) => (one.marked ? element("mark", one.text) : one.text)));
      shown.push(paragraph);
    }
    if (view.after) {
      shown.push(element("p", "…", "source-cut"));
    }
    body.replaceChildren(...shown);
    const mark = body.querySelector("mark");
    if (mark) {
      // By hand and not scrollIntoView, which would move the page behind the panel too.
      const middle = mark.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight / 3;
      body.scrollTo({ top: body.scrollTop + middle, behavior: prefersStillness() ? "auto" : "smooth" });
    } else {
      body.scrollTo({ top: 0 });
    }
    announce(mark ? "Source open at the passage" : "Source open");
  }
}

/** @param {Passage} passage */
function queryOf({ start, end, generation }) {
  return `?${new URLSearchParams({ start: String(start), end: String(end), generation: String(generation) })}`;
}
