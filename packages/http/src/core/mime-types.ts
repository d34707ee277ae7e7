/**
 * Media types by the ending of a file name. A part of IANA's registry and of what WHATWG's MIME Sniffing Standard calls by
 * name; what is not here is `application/octet-stream`, which every browser saves instead of guessing.
 */
const TYPES = `
text/html html htm; text/css css; text/javascript js mjs cjs; application/json json map; text/plain txt text log ini
text/markdown md markdown; text/csv csv; text/xml xml xsl; text/calendar ics; text/vcard vcf; text/vtt vtt; text/yaml yaml yml
application/manifest+json webmanifest; application/ld+json jsonld; application/xhtml+xml xhtml; application/rss+xml rss
application/atom+xml atom; application/wasm wasm; application/pdf pdf; application/rtf rtf; application/epub+zip epub
application/zip zip; application/gzip gz tgz; application/x-tar tar; application/x-bzip2 bz2; application/x-xz xz
application/zstd zst; application/x-7z-compressed 7z; application/vnd.rar rar; application/java-archive jar
image/png png apng; image/jpeg jpg jpeg; image/gif gif; image/webp webp; image/avif avif; image/svg+xml svg svgz
image/bmp bmp; image/x-icon ico; image/tiff tif tiff; image/heic heic; image/jxl jxl
font/woff2 woff2; font/woff woff; font/ttf ttf; font/otf otf; font/collection ttc
audio/mpeg mp3; audio/ogg oga ogg opus; audio/wav wav; audio/flac flac; audio/aac aac; audio/mp4 m4a; audio/midi mid midi
video/mp4 mp4 m4v; video/webm webm; video/ogg ogv; video/quicktime mov; video/x-matroska mkv; video/mp2t ts; video/x-msvideo avi
application/msword doc; application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
application/vnd.ms-excel xls; application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
application/vnd.ms-powerpoint ppt; application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
application/vnd.oasis.opendocument.text odt; application/vnd.oasis.opendocument.spreadsheet ods
text/x-python py; text/x-typescript mts cts; text/x-c c h; text/x-shellscript sh; text/x-rust rs; text/x-go go
`

let byEnding: Map<string, string> | undefined

function read(): Map<string, string> {
  const entries = TYPES.split(/[;\n]/).map((entry) => entry.trim().split(/\s+/))
  return new Map(
    entries.flatMap(([type = '', ...endings]) => endings.map((ending) => [ending, type])),
  )
}

/**
 * The media type for a file name.
 *
 * @param name with its ending; what comes before the last dot does not matter
 * @returns with `charset=utf-8` for text; `application/octet-stream` for what is unknown. Never throws
 * @see IANA Media Types
 * @example mimeType('index.html') // 'text/html; charset=utf-8'
 */
export function mimeType(name: string): string {
  byEnding ??= read()
  const ending = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
  const type = byEnding.get(ending) ?? 'application/octet-stream'
  const isText = type.startsWith('text/') || /[/+](?:json|xml)$/.test(type)
  return isText ? `${type}; charset=utf-8` : type
}

/**
 * Whether a body of this type gets smaller by compression: text does, pictures are compressed already. Never throws.
 *
 * @param type a media type
 * @see RFC 9110 §8.4
 */
export function isCompressible(type: string): boolean {
  return /^text\/|[/+](?:json|xml|wasm|javascript)|^image\/(?:svg|bmp|x-icon)|^font\/(?:ttf|otf)/.test(
    type,
  )
}
