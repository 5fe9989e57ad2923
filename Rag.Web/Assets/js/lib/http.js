/**
 * Requests to this site's own /app/ routes. Failures become a Failure with words a person can read; a session that has ended leads to
 * the sign-in page and back.
 */

export class Failure extends Error {
  /**
   * @param {string} message
   * @param {number} status 0 when there was no answer at all
   * @param {string} code
   */
  constructor(message, status, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Where the browser goes when the session has ended. */
export function goToSignIn() {
  location.assign(`/signin?return=${encodeURIComponent(location.pathname + location.search)}`);
}

/**
 * @param {number} status
 * @param {any} body a problem as the API writes it, or anything else
 */
export function failureOf(status, body) {
  if (status === 401) {
    goToSignIn();
  }
  const code = typeof body?.type === "string" ? body.type.split("/").pop() : "unknown";
  const fields = body?.errors ? Object.values(body.errors).flat().join(" ") : "";
  const words = [body?.detail ?? body?.title, fields].filter(Boolean).join(" ");
  return new Failure(words || `The request was answered with ${status}.`, status, code);
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>} with a good status
 */
export async function send(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", redirect: "error", ...options });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") {
      throw error;
    }
    throw new Failure("The site does not answer. Check the connection and try again.", 0, "unreachable");
  }
  if (!response.ok) {
    throw failureOf(response.status, await response.json().catch(() => null));
  }
  return response;
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 */
export async function getJson(path, options) {
  const response = await send(path, { headers: { Accept: "application/json" }, ...options });
  return response.status === 204 ? null : response.json();
}

/**
 * @param {string} path
 * @param {unknown} body
 * @param {string} accept
 * @param {AbortSignal} [signal]
 */
export function post(path, body, accept, signal) {
  return send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: accept },
    body: JSON.stringify(body),
    signal,
  });
}
