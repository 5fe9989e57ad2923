/**
 * The conversation of this tab. It outlives a visit to the documents and back, ends with the tab or by signing out, and is never sent
 * anywhere except as the history of the next question.
 */

/**
 * @typedef {{ number: number, evidence: number, documentId: string, generation: number, documentName: string, title: string | null,
 *   page: number | null, start: number, end: number, quote: string }} Citation
 * @typedef {{ kind: "ask" | "search", question: string, answer: string, found: boolean, model: string, citations: Citation[],
 *   evidence: any[], notice: string | null, stopped: boolean, problem: string | null }} Turn
 */

const mostTurns = 30;
const mostHistory = 5;
const mostLetters = 4000;

/** @param {string} collection */
const place = (collection) => `rag-conversation:${collection}`;

/**
 * @param {string} collection
 * @returns {Turn[]}
 */
export function recall(collection) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(place(collection)) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/**
 * @param {string} collection
 * @param {Turn[]} turns
 */
export function keep(collection, turns) {
  try {
    sessionStorage.setItem(place(collection), JSON.stringify(turns.slice(-mostTurns)));
  } catch {
    // The store is full or forbidden: the conversation then lasts as long as the page.
  }
}

/** @param {string} collection */
export function forget(collection) {
  sessionStorage.removeItem(place(collection));
}

/**
 * The earlier turns as the API takes them, oldest first.
 * @param {Turn[]} turns
 */
export function historyOf(turns) {
  return turns
    .filter((turn) => turn.kind === "ask" && turn.answer && !turn.problem)
    .slice(-mostHistory)
    .flatMap((turn) => [
      { role: "user", content: cut(turn.question) },
      { role: "assistant", content: cut(turn.answer) },
    ]);
}

/**
 * Never within a character: half of one is no text, and the API refuses it.
 * @param {string} text
 */
function cut(text) {
  const end = text.length > mostLetters && /[\uD800-\uDBFF]/.test(text[mostLetters - 1]) ? mostLetters - 1 : mostLetters;
  return text.slice(0, end);
}
