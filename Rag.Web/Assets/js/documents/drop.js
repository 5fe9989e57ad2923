/**
 * Files out of a drop, a file dialog or a folder, with the path that a folder gives them.
 */

/**
 * @typedef {{ file: File, path: string | null }} Picked path: relative, where the file came out of a folder
 */

const ignored = /(^|\/)(\.|Thumbs\.db$|desktop\.ini$|~\$)/i;

/**
 * @param {FileList} files
 * @returns {Picked[]}
 */
export function fromInput(files) {
  return [...files].map((file) => ({ file, path: file.webkitRelativePath || null })).filter(({ path }) => path === null || !ignored.test(path));
}

/**
 * Walks through dropped folders. The entries must be taken out of the event before anything is awaited: after that it is empty.
 * @param {DataTransfer} transfer
 * @returns {Promise<Picked[]>}
 */
export async function fromDrop(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) {
      found.push({ file: entry, path: null });
    } else if (entry?.isFile) {
      found.push({ file: await fileOf(/** @type {FileSystemFileEntry} */ (entry)), path: null });
    } else if (entry?.isDirectory) {
      found.push(...(await walk(/** @type {FileSystemDirectoryEntry} */ (entry), entry.name)));
    }
  }
  return found;
}

/**
 * @param {FileSystemDirectoryEntry} directory
 * @param {string} path
 * @returns {Promise<Picked[]>}
 */
async function walk(directory, path) {
  const reader = directory.createReader();
  const found = [];
  for (;;) {
    // Browsers give at most a hundred at a time, and an empty list at the end.
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) {
      return found;
    }
    for (const entry of batch) {
      const inside = `${path}/${entry.name}`;
      if (ignored.test(inside)) {
        continue;
      }
      if (entry.isDirectory) {
        found.push(...(await walk(entry, inside)));
      } else {
        found.push({ file: await fileOf(entry), path: inside });
      }
    }
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File>}
 */
function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
