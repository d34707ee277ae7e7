/** Names in a form as they are written; how they are read is in `form-disposition.ts`. */

/**
 * Writes a name or file name as it stands between the quotes.
 *
 * @see WHATWG HTML, "multipart/form-data encoding algorithm"
 */
export function escapeFormName(name: string): string {
  return name.replace(/["\r\n]/g, encodeURIComponent)
}

/**
 * Writes what stands before the content of a part of `multipart/form-data`, its empty line included. Never throws.
 *
 * @param name of the field
 * @param type media type; nothing for a plain text
 * @param filename nothing for what is no file
 * @see WHATWG HTML, "multipart/form-data encoding algorithm"
 * @example console.log(formatPartHead('note', 'text/html')) // Content-Disposition: form-data; name="note" ...
 */
export function formatPartHead(name: string, type?: string, filename?: string): string {
  const named = filename === undefined ? '' : `; filename="${escapeFormName(filename)}"`
  const typed = type === undefined ? '' : `Content-Type: ${type}\r\n`
  return `Content-Disposition: form-data; name="${escapeFormName(name)}"${named}\r\n${typed}\r\n`
}
