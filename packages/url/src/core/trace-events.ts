/**
 * What the url layer tells those who watch: plain objects on the channel `sluice:url`. `id` is one `fetch`, one
 * download, or one FTP client; those of the layers below lead to it by their `parent`, and its own to what the option `trace`
 * says.
 */

/** The facts of each event, by its name. */
export interface UrlTraceFacts {
  /** A fetch begins. The URL's password is masked, here and below. */
  request: { method: string; url: string }
  /** A handler is chosen by the scheme. */
  attempt: { handler: string; url: string }
  /** A variable of the environment decided about the proxy; `proxy` is its host, or `none`. */
  proxy: { because: string; proxy: string }
  /** The answer sends us elsewhere. */
  redirect: { status: number; from: string; to: string; method: string }
  /** Something failed that may pass by itself: a status, or the code of an error. It is asked again after `ms`. */
  wait: { ms: number; because: string }
  /** It is asked again, for the second time or a later one. */
  retry: { attempt: number }
  /** Credentials went along: by which scheme, and never which. */
  auth: { url: string; scheme: string }
  /** Cookies went along or came, by their names; `refused` says why, too. Values are never told. */
  cookie: { url: string; sent: string[]; stored: string[]; refused: string[] }
  /** A command to an FTP server; a password in it is masked. */
  command: { command: string }
  /** A reply of an FTP server: its code, and the text of its last line. */
  reply: { code: number; text: string }
  /** The head of the final answer is here. */
  response: { status: number; url: string }
  /** The fetch came to nothing. */
  error: { code: string; message: string }
}

/** One event of the url layer. */
export type UrlTraceEvent = {
  [N in keyof UrlTraceFacts]: {
    id: number
    parent: number
    /** Milliseconds since the process started, with fractions. */
    t: number
    layer: 'url'
    name: N
  } & UrlTraceFacts[N]
}[keyof UrlTraceFacts]
