/**
 * Renders an answer: paragraphs, lists, code, emphasis and markers like [2]. A small grammar on purpose. What it does not know stays
 * text, and everything is set as text: an answer can quote a document, and a document can hold anything.
 */

import { element } from "../lib/dom.js";

/**
 * @typedef {{ kind: "paragraph" | "code", lines: string[] } | { kind: "bullets" | "numbers", start?: number, lines: string[] }} Block
 */

/**
 * @param {string} text
 * @returns {Block[]}
 */
export function blocksOf(text) {
  /** @type {Block[]} */
  const blocks = [];
  /** @type {Block | null} */
  let open = null;
  for (const line of text.split("\n")) {
    if (open?.kind === "code") {
      if (/^\s*```/.test(line)) {
        open = null;
      } else {
        open.lines.push(line);
      }
      continue;
    }
    if (/^\s*```/.test(line)) {
      open = { kind: "code", lines: [] };
      blocks.push(open);
      continue;
    }
    if (line.trim() === "") {
      open = null;
      continue;
    }
    const bullet = /^\s*[-*•]\s+(.*)$/.exec(line);
    const number = /^\s*(\d{1,3})[.)]\s+(.*)$/.exec(line);
    const kind = bullet ? "bullets" : number ? "numbers" : "paragraph";
    const content = bullet ? bullet[1] : number ? number[2] : line;
    if (open?.kind !== kind) {
      open = kind === "numbers" ? { kind, start: Number(number?.[1]), lines: [] } : { kind, lines: [] };
      blocks.push(/** @type {Block} */ (open));
    }
    /** @type {Block} */ (open).lines.push(content);
  }
  return blocks;
}

/**
 * Fills an element with an answer, as far as it has come.
 * @param {HTMLElement} target
 * @param {string} text
 * @param {(number: number) => HTMLElement | null} marker what stands for [n]; null: the text itself
 */
export function renderAnswer(target, text, marker) {
  const blocks = blocksOf(text).map((block) => {
    switch (block.kind) {
      case "code": {
        const pre = document.createElement("pre");
        pre.append(element("code", block.lines.join("\n")));
        return pre;
      }
      case "paragraph": {
        const paragraph = document.createElement("p");
        appendInline(paragraph, block.lines.join("\n"), marker);
        return paragraph;
      }
      default: {
        const list = document.createElement(block.kind === "bullets" ? "ul" : "ol");
        if (list instanceof HTMLOListElement && block.start) {
          list.start = block.start;
        }
        for (const line of block.lines) {
          const item = document.createElement("li");
          appendInline(item, line, marker);
          list.append(item);
        }
        return list;
      }
    }
  });
  target.replaceChildren(...blocks);
}

/**
 * @param {HTMLElement} target
 * @param {string} text
 * @param {(number: number) => HTMLElement | null} marker
 */
function appendInline(target, text, marker) {
  const grammar = /\[(\d{1,3})\]|\*\*([^*\n]+)\*\*|`([^`\n]+)`/g;
  let last = 0;
  for (const match of text.matchAll(grammar)) {
    const [whole, number, strong, code] = match;
    const made = number ? marker(Number(number)) : strong ? element("strong", strong) : element("code", code);
    if (made) {
      target.append(text.slice(last, match.index), made);
      last = match.index + whole.length;
    }
  }
  target.append(text.slice(last));
}
