/**
 * One question with what came back, on the page.
 */

import { copy } from "../lib/copy.js";
import { copyOf, element, part } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { renderAnswer } from "./answer.js";

/** @typedef {import("./memory.js").Turn} Turn */

export class TurnView {
  /** @type {HTMLElement} */
  root;
  #panel;
  #turn;
  #due = 0;

  /**
   * @param {Turn} turn
   * @param {import("./source.js").SourcePanel} panel
   */
  constructor(turn, panel) {
    this.#turn = turn;
    this.#panel = panel;
    this.root = copyOf("turn-template");
    part(this.root, "question").textContent = turn.question;
    part(this.root, "copy").addEventListener("click", () => copy(plainText(turn), part(this.root, "copy-label")));
  }

  /** Marks the turn as still growing. */
  begin() {
    const answer = part(this.root, "answer");
    answer.setAttribute("aria-busy", "true");
    answer.replaceChildren(element("p", this.#turn.kind === "ask" ? "Looking through the documents…" : "Searching…", "waiting"));
  }

  /** Draws soon, at most once per frame: words may come faster than the screen shows them. */
  drawSoon() {
    this.#due ||= requestAnimationFrame(() => {
      this.#due = 0;
      this.#drawAnswer();
    });
  }

  /** Draws everything: the turn is complete. */
  finish() {
    cancelAnimationFrame(this.#due);
    this.#due = 0;
    part(this.root, "answer").removeAttribute("aria-busy");
    this.root.dataset.kind = this.#turn.kind;
    if (this.#turn.kind === "search") {
      this.#drawPassages(part(this.root, "answer"));
    } else {
      this.#drawAnswer();
      this.#drawSources();
      this.#drawFoot();
    }
    this.#drawNotice();
  }

  #drawAnswer() {
    const turn = this.#turn;
    const answer = part(this.root, "answer");
    this.root.dataset.found = String(turn.found);
    if (turn.answer) {
      renderAnswer(answer, turn.answer, (number) => this.#marker(number));
    } else if (!answer.hasAttribute("aria-busy")) {
      answer.replaceChildren();
    }
  }

  /** @param {number} number */
  #marker(number) {
    const citation = this.#turn.citations.find((one) => one.number === number);
    if (!citation) {
      return null;
    }
    const button = element("button", String(number), "marker");
    button.setAttribute("type", "button");
    button.setAttribute("aria-label", `Source ${number}: ${citation.title ?? citation.documentName}`);
    button.title = citation.title ?? citation.documentName;
    button.addEventListener("click", () => this.#panel.open(citation, button));
    return button;
  }

  #drawSources() {
    const list = part(this.root, "source-list");
    part(this.root, "sources").hidden = this.#turn.citations.length === 0;
    list.replaceChildren(
      ...this.#turn.citations.map((citation) => {
        const item = copyOf("source-template");
        part(item, "number").textContent = String(citation.number);
        part(item, "name").textContent = citation.title ?? citation.documentName;
        part(item, "page").textContent = citation.page === null ? "" : `page ${citation.page}`;
        part(item, "quote").textContent = citation.quote;
        const button = part(item, "open");
        button.addEventListener("click", () => this.#panel.open(citation, button));
        return item;
      }),
    );
  }

  #drawFoot() {
    const turn = this.#turn;
    part(this.root, "foot").hidden = !turn.answer;
    // What was not found was not quoted either.
    part(this.root, "model").textContent = !turn.model || !turn.found ? "" : turn.model === "extractive" ? "Quoted from the documents" : `Written by ${turn.model}`;
    part(this.root, "copy").hidden = !navigator.clipboard || !turn.found;
    const details = part(this.root, "evidence");
    details.hidden = turn.evidence.length === 0;
    part(this.root, "evidence-label").textContent = count(turn.evidence.length, "passage looked at", "passages looked at");
    // Most readers never open it, and there may be many.
    details.addEventListener("toggle", () => this.#drawPassages(part(this.root, "evidence-list")), { once: true });
  }

  #drawNotice() {
    const turn = this.#turn;
    const words = [turn.problem, turn.stopped ? "Stopped. What is above may be incomplete." : null, turn.notice].filter(Boolean).join(" ");
    const notice = part(this.root, "notice");
    notice.hidden = words === "";
    notice.textContent = words;
    notice.dataset.bad = String(Boolean(turn.problem));
  }

  /** @param {HTMLElement} target */
  #drawPassages(target) {
    const items = this.#turn.evidence.map((one) => {
      const item = copyOf("passage-template");
      const opener = part(item, "open");
      opener.textContent = one.title ?? one.documentName;
      opener.addEventListener("click", () => this.#panel.open({ ...one, quote: one.text }, opener));
      part(item, "place").textContent = [one.page === null ? null : `page ${one.page}`, one.headings.join(" › ")].filter(Boolean).join(" · ");
      part(item, "text").append(...highlighted(one));
      part(item, "scores").textContent = scoresOf(one);
      return item;
    });
    if (target.matches("ol")) {
      target.replaceChildren(...items);
    } else if (items.length > 0) {
      const list = element("ol", "", "passages");
      list.append(...items);
      target.replaceChildren(list);
    } else if (!this.#turn.problem) {
      target.replaceChildren(element("p", "No passage in this collection matches."));
    } else {
      target.replaceChildren();
    }
  }

}

/**
 * An answer with its sources as text.
 * @param {Turn} turn
 */
export function plainText(turn) {
  const sources = turn.citations.map((one) => `[${one.number}] ${one.title ?? one.documentName}${one.page === null ? "" : `, page ${one.page}`}: “${one.quote.trim()}”`);
  return [turn.answer.trim(), ...(sources.length > 0 ? [sources.join("\n")] : [])].join("\n\n");
}

/**
 * The passage's text with what matched marked. Highlights are offsets in the document; the text begins at its start.
 * @param {any} evidence
 * @returns {(string | HTMLElement)[]}
 */
function highlighted(evidence) {
  const pieces = [];
  let at = 0;
  for (const { start, end } of evidence.highlights) {
    const from = Math.max(at, start - evidence.start);
    const to = Math.min(evidence.text.length, end - evidence.start);
    if (to > from) {
      pieces.push(evidence.text.slice(at, from), element("mark", evidence.text.slice(from, to)));
      at = to;
    }
  }
  pieces.push(evidence.text.slice(at));
  return pieces;
}

/** @param {any} evidence */
function scoresOf(evidence) {
  return Object.entries(evidence.scores)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${Number(value).toFixed(3)}`)
    .join(" · ");
}
