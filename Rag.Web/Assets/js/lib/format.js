/**
 * Sizes, counts and times. Pages/Formats.cs says the same on the server; these are for what changes while the page is open.
 */

const units = ["bytes", "KB", "MB", "GB", "TB"];

/** @param {number} bytes */
export function size(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  if (unit === 0) {
    return count(bytes, "byte", "bytes");
  }
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[unit]}`;
}

/**
 * @param {number} number
 * @param {string} one
 * @param {string} many
 */
export function count(number, one, many) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** @param {any} found a document of the API */
export function facts(found) {
  const parts = [size(found.sizeBytes)];
  if (found.pages !== null) {
    parts.push(count(found.pages, "page", "pages"));
  }
  if (found.searchable) {
    parts.push(count(found.chunks, "passage", "passages"));
  }
  return parts.join(" · ");
}

/**
 * Puts a time into the reader's own zone and language, short; the long form is the tooltip.
 * @param {HTMLTimeElement} time
 */
export function localise(time) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.getTime())) {
    return;
  }
  const today = new Date().toDateString() === moment.toDateString();
  time.textContent = today
    ? `today, ${moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`
    : moment.toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" });
  time.title = moment.toLocaleString();
}

/** @type {Record<string, string>} */
export const statusWords = { queued: "Waiting", processing: "Processing", ready: "Ready", failed: "Failed" };
