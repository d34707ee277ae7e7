/**
 * Which pages may read a response (WHATWG Fetch, "CORS protocol"). The browser decides; the server only says who may.
 */

/** Who may read, and what. */
export interface CorsRules {
  /** `*`, one origin, or several. */
  readonly origin: string | readonly string[]
  /** Methods beyond GET, HEAD and POST; nothing: those that are asked for. */
  readonly methods: readonly string[] | undefined
  /** Fields that a page may send; nothing: those that are asked for. */
  readonly headers: readonly string[] | undefined
  /** Fields of the response that a page may read beyond the few that it always may. */
  readonly exposed: readonly string[]
  /** Whether with cookies. */
  readonly credentials: boolean
  /** Seconds that a browser remembers a preflight. */
  readonly maxAge: number | undefined
}

/** What a browser asks. */
export interface CorsQuestion {
  readonly origin: string | null
  /** Access-Control-Request-Method of a preflight. */
  readonly method: string | null
  /** Access-Control-Request-Headers of a preflight. */
  readonly headers: string | null
  readonly isPreflight: boolean
}

/**
 * The fields of the answer; whether they differ by origin, Vary has to say.
 *
 * @returns pairs, none where the origin may not read
 */
export function planCors(rules: CorsRules, question: CorsQuestion): [string, string][] {
  const allowed = allowedOrigin(rules, question.origin)
  if (allowed === undefined) return []
  const fields: [string, string][] = [['Access-Control-Allow-Origin', allowed]]
  if (rules.credentials) fields.push(['Access-Control-Allow-Credentials', 'true'])
  if (!question.isPreflight) {
    const { exposed } = rules
    if (exposed.length > 0) fields.push(['Access-Control-Expose-Headers', exposed.join(', ')])
    return fields
  }
  const methods = rules.methods?.join(', ') ?? question.method
  const headers = rules.headers?.join(', ') ?? question.headers
  if (methods) fields.push(['Access-Control-Allow-Methods', methods])
  if (headers) fields.push(['Access-Control-Allow-Headers', headers])
  if (rules.maxAge !== undefined) fields.push(['Access-Control-Max-Age', String(rules.maxAge)])
  return fields
}

/** Whether the answer is the same for every origin. */
export function isForAll({ origin }: CorsRules): boolean {
  return origin === '*'
}

function allowedOrigin({ origin: rule }: CorsRules, origin: string | null): string | undefined {
  if (rule === '*') return '*'
  if (origin === null) return undefined
  const may = typeof rule === 'string' ? rule === origin : rule.includes(origin)
  return may ? origin : undefined
}
