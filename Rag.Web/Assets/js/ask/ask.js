/**
 * The page where questions are asked: sends one, shows the answer as it comes, keeps the conversation.
 */

import { announce, part, prefersStillness } from "../lib/dom.js";
import { count } from "../lib/format.js";
import { Failure, failureOf, post } from "../lib/http.js";
import { eventsOf } from "../lib/sse.js";
import { forget, historyOf, keep, recall } from "./memory.js";
import { SourcePanel } from "./source.js";
import { TurnView } from "./turn.js";

/** @typedef {import("./memory.js").Turn} Turn */

const page = /** @type {HTMLElement} */ (document.getElementById("ask"));
const collection = page.dataset.collection ?? "";
const list = /** @type {HTMLElement} */ (document.getElementById("turns"));
const form = /** @type {HTMLFormElement} */ (document.getElementById("composer"));
const question = /** @type {HTMLTextAreaElement} */ (document.getElementById("question"));
const send = /** @type {HTMLButtonElement} */ (document.getElementById("send"));
const stop = /** @type {HTMLButtonElement} */ (document.getElementById("stop"));
const fresh = /** @type {HTMLButtonElement} */ (document.getElementById("fresh"));
const start = document.getElementById("ask-start");
const panel = new SourcePanel(/** @type {HTMLDialogElement} */ (document.getElementById("source")), collection);

const turns = recall(collection);
/** @type {AbortController | null} */
let running = null;

function kind() {
  return new FormData(form).get("kind") === "search" ? "search" : "ask";
}

function grow() {
  // As tall as what is typed, within what the style allows.
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight + 2}px`;
}

function showState() {
  const busy = running !== null;
  const focused = document.activeElement;
  send.hidden = busy;
  stop.hidden = !busy;
  fresh.hidden = busy || turns.length === 0;
  if (start) {
    start.hidden = turns.length > 0;
  }
  part(send, "send-label").textContent = kind() === "search" ? "Search" : "Ask";
  if (focused instanceof HTMLButtonElement && focused.hidden) {
    // A button that goes away would take the focus with it: it passes to the one that comes, and in the end back to the question.
    (busy ? stop : question).focus();
  }
}

/** @param {HTMLElement} root */
function bringIntoView(root) {
  root.scrollIntoView({ block: "start", behavior: prefersStillness() ? "auto" : "smooth" });
}

/**
 * @param {Turn} turn
 * @param {TurnView} view
 * @param {AbortSignal} signal
 */
async function ask(turn, view, signal) {
  const history = historyOf(turns.slice(0, -1));
  const body = history.length > 0 ? { question: turn.question, history } : { question: turn.question };
  const response = await post(`/app/collections/${collection}/ask`, body, "text/event-stream", signal);
  let done = false;
  for await (const { event, data } of eventsOf(response)) {
    const value = JSON.parse(data);
    switch (event) {
      case "evidence":
        turn.evidence = value.evidence;
        turn.notice = value.notice ?? (value.stale ? "The newest documents may not be considered yet." : null);
        break;
      case "citation":
        turn.citations.push(value);
        break;
      case "delta":
        turn.answer += value.text;
        view.drawSoon();
        break;
      case "done":
        turn.found = value.found;
        turn.model = value.model;
        turn.notice = value.notice ?? turn.notice;
        done = true;
        break;
      case "error":
        throw failureOf(value.status ?? 500, value);
    }
  }
  if (!done) {
    throw new Failure("The answer broke off. Ask again.", 0, "answer-broken");
  }
}

/**
 * @param {Turn} turn
 * @param {AbortSignal} signal
 */
async function search(turn, signal) {
  const response = await post(`/app/collections/${collection}/search`, { query: turn.question, limit: 10 }, "application/json", signal);
  const found = await response.json();
  turn.evidence = found.evidence;
  turn.found = found.evidence.length > 0;
  turn.notice = found.notice ?? (found.stale ? "The newest documents may not be considered yet." : null);
}

/** @param {string} text */
async function run(text) {
  /** @type {Turn} */
  const turn = { kind: kind(), question: text, answer: "", found: true, model: "", citations: [], evidence: [], notice: null, stopped: false, problem: null };
  const view = new TurnView(turn, panel);
  turns.push(turn);
  list.append(view.root);
  const abort = new AbortController();
  running = abort;
  view.begin();
  showState();
  bringIntoView(view.root);
  announce(turn.kind === "ask" ? "Looking through the documents" : "Searching");
  try {
    await (turn.kind === "ask" ? ask(turn, view, abort.signal) : search(turn, abort.signal));
  } catch (error) {
    if (abort.signal.aborted) {
      turn.stopped = true;
    } else {
      turn.problem = error instanceof Error ? error.message : String(error);
    }
  } finally {
    running = null;
    view.finish();
    keep(collection, turns);
    showState();
    announce(summaryOf(turn));
  }
}

/** @param {Turn} turn what a screen reader hears at the end, once */
function summaryOf(turn) {
  if (turn.problem) {
    return turn.problem;
  }
  if (turn.stopped) {
    return "Stopped";
  }
  if (turn.kind === "search") {
    return count(turn.evidence.length, "passage found", "passages found");
  }
  return `${turn.answer} ${turn.citations.length > 0 ? `With ${count(turn.citations.length, "source", "sources")}.` : ""}`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = question.value.trim();
  if (text !== "" && running === null) {
    question.value = "";
    grow();
    run(text);
  }
});
form.addEventListener("change", showState);
question.addEventListener("input", grow);
question.addEventListener("keydown", (event) => {
  // While an input method composes, Enter chooses a character.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
stop.addEventListener("click", () => {
  running?.abort();
  question.focus();
});
fresh.addEventListener("click", () => {
  turns.length = 0;
  list.replaceChildren();
  forget(collection);
  showState();
  question.focus();
});

for (const turn of turns) {
  const view = new TurnView(turn, panel);
  list.append(view.root);
  view.finish();
}
showState();
list.lastElementChild?.scrollIntoView({ block: "start" });
question.disabled = false;
send.disabled = false;
question.focus({ preventScroll: true });
