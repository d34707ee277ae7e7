/** Names in a form as they are written; how they are read is in `form-disposition.ts`. */

/**
 * Writes a name or file name as it stands between the quotes.
 *
 * @see WHATWG HTML, "multipart/form-data encoding algorithm"
 */
export function escapeFormName(name: string): string {
  return name.replace(/["\r\n]/g, (character) => ({ '"': '%22', '\r': '%0D' })[character] ?? '%0A')
}
