/**
 * Server-sent events out of a fetch. The browser's own EventSource can only GET, and a question is a POST.
 */

/**
 * @typedef {{ event: string, data: string }} ServerEvent
 */

/**
 * Cuts a growing text into events. Feed it pieces as they come; it gives back the events that are complete.
 */
export class EventReader {
  #rest = "";

  /**
   * @param {string} piece
   * @returns {ServerEvent[]}
   */
  feed(piece) {
    // A lone CR may be the first half of a CRLF that is cut in two, so it waits for what follows.
    this.#rest = (this.#rest + piece).replace(/\r\n/g, "\n");
    const blocks = this.#rest.split("\n\n");
    this.#rest = /** @type {string} */ (blocks.pop());
    return blocks.map(EventReader.#parse).filter((found) => found !== null);
  }

  /**
   * @param {string} block
   * @returns {ServerEvent | null}
   */
  static #parse(block) {
    let event = "message";
    const data = [];
    for (const line of block.split("\n")) {
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") {
        event = value;
      } else if (field === "data") {
        data.push(value);
      }
    }
    return data.length === 0 ? null : { event, data: data.join("\n") };
  }
}

/**
 * @param {Response} response
 * @returns {AsyncGenerator<ServerEvent>}
 */
export async function* eventsOf(response) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  const events = new EventReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield* events.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Leaving the loop early ends the request, and with it the work at the other end.
    reader.cancel().catch(() => {});
  }
}
