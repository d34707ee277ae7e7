/** The name of a file for what is behind a URL: the last part of its path, and nothing that leads elsewhere. */
import { safeFilename } from '@sluice/http/headers'

/**
 * Names it.
 *
 * @param url whole
 * @returns nothing where the path ends in a slash, or its last part can be no name
 */
export function fileNameOf(url: URL): string | undefined {
  const last = url.pathname.split('/').at(-1) ?? ''
  let decoded = last
  try {
    decoded = decodeURIComponent(last)
  } catch {
    // Bytes that are no UTF-8 stay escaped.
  }
  return safeFilename(decoded)
}
