/**
 * The Accept family: what a client would rather have (RFC 9110 §12.5), and the choice among what there is (§12.1).
 */
import { checkToken, FieldReader, formatParameters } from './grammar.ts'

/** One wish. */
export interface Preference {
  /** `text/html`, `gzip`, `de-CH`, `*`; in small letters. */
  readonly value: string
  /** Of media types, without `q`. */
  readonly parameters: ReadonlyMap<string, string>
  /** 0 (not at all) to 1. */
  readonly weight: number
}

/** RFC 9110 §12.4.2. */
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

/**
 * Reads Accept, Accept-Encoding, Accept-Language or Accept-Charset.
 *
 * @param text the field value
 * @returns the wishes in their order; members that can't be read are left out. Never throws
 * @see RFC 9110 §12.4.2, §12.5
 * @example parseAccept('text/html, application/json;q=0.5')[1]?.weight // 0.5
 */
export function parseAccept(text: string): Preference[] {
  const found: Preference[] = []
  const reader = new FieldReader(text)
  while (!reader.isDone) {
    reader.comma()
    const first = reader.token()?.toLowerCase()
    const second = first !== undefined && reader.take('/') ? reader.token()?.toLowerCase() : ''
    const parameters = first === undefined ? undefined : reader.parameters()
    reader.blanks()
    const isWhole = reader.isDone || reader.text[reader.at] === ','
    reader.skipMember()
    if (first === undefined || second === undefined || parameters === undefined || !isWhole)
      continue
    const quality = parameters.get('q') ?? '1'
    parameters.delete('q')
    if (!WEIGHT.test(quality)) continue
    const value = second === '' ? first : `${first}/${second}`
    found.push({ value, parameters, weight: Number(quality) })
  }
  return found
}

/**
 * Writes Accept, Accept-Encoding, Accept-Language or Accept-Charset.
 *
 * @param wishes in their order; a weight of 1 is left out
 * @throws {RangeError} a weight outside 0 to 1 or of more than three digits, a value or name that is no token
 * @see RFC 9110 §12.4.2, §12.5
 * @example formatAccept([{ value: 'text/html' }, { value: 'text/*', weight: 0.5 }]) // 'text/html, text/*;q=0.5'
 */
export function formatAccept(
  wishes: readonly (Pick<Preference, 'value'> & Partial<Preference>)[],
): string {
  return wishes.map(formatWish).join(', ')
}

function formatWish({
  value,
  parameters = new Map(),
  weight = 1,
}: Parameters<typeof formatAccept>[0][number]): string {
  if (value.split('/').map(checkToken).length > 2)
    throw new RangeError(`${JSON.stringify(value)} is no media type`)
  if (!(weight >= 0 && weight <= 1 && Number(weight.toFixed(3)) === weight))
    throw new RangeError(`a weight is 0 to 1 with three digits, not ${weight}`)
  return value + formatParameters(parameters) + (weight === 1 ? '' : `;q=${weight}`)
}

/**
 * Chooses the media type that a client likes best.
 *
 * @param accept the field value; nothing is as good as `*` in every place
 * @param offers media types, the best of ours first: it breaks ties
 * @returns the choice, or `undefined` where none is acceptable. Never throws
 * @see RFC 9110 §12.5.1
 * @example chooseMediaType('application/json, text/*;q=0.5', ['text/html', 'application/json'])
 */
export function chooseMediaType(
  accept: string | null | undefined,
  offers: readonly string[],
): string | undefined {
  return choose(accept, offers, (wish, offer) => {
    if (wish === '*/*') return 1
    if (wish === offer) return 3
    return wish.endsWith('/*') && offer.startsWith(wish.slice(0, -1)) ? 2 : 0
  })
}

/**
 * Chooses a content coding. `identity` is always acceptable unless it is refused by name.
 *
 * @param accept the value of Accept-Encoding; nothing means that only `identity` was asked for
 * @param offers codings, the best of ours first; put `identity` last
 * @returns the choice, or `undefined` where none is acceptable. Never throws
 * @see RFC 9110 §12.5.3
 */
export function chooseCoding(
  accept: string | null | undefined,
  offers: readonly string[],
): string | undefined {
  if (accept === null || accept === undefined) return offers.find((offer) => offer === 'identity')
  const wishes = parseAccept(accept)
  const weightOf = (offer: string): number => {
    const own = wishes.find(({ value }) => value === offer || value === `x-${offer}`)
    if (own !== undefined) return own.weight
    const any = wishes.find(({ value }) => value === '*')
    if (any !== undefined) return any.weight
    // Less than anything that was asked for, and more than nothing.
    return offer === 'identity' ? 0.0001 : 0
  }
  return best(offers, weightOf)
}

/**
 * Chooses a language: `de` is found by `de-CH`, and finds it (RFC 4647 §3.4 and its mirror).
 *
 * @param accept the value of Accept-Language; nothing is as good as `*`
 * @param offers language tags, the best of ours first
 * @returns the choice, or `undefined`. Never throws
 * @see RFC 9110 §12.5.4, RFC 4647
 */
export function chooseLanguage(
  accept: string | null | undefined,
  offers: readonly string[],
): string | undefined {
  return choose(accept, offers, (wish, offer) => {
    const tag = offer.toLowerCase()
    if (wish === '*') return 1
    if (wish === tag) return 4
    if (tag.startsWith(`${wish}-`)) return 3
    return wish.startsWith(`${tag}-`) ? 2 : 0
  })
}

/** @param fit how exactly a wish means an offer; 0 not at all. The most exact wish decides (§12.5.1) */
function choose(
  accept: string | null | undefined,
  offers: readonly string[],
  fit: (wish: string, offer: string) => number,
): string | undefined {
  const wishes = parseAccept(accept ?? '')
  if (wishes.length === 0) return offers[0]
  return best(offers, (offer) => {
    let exactness = 0
    let weight = 0
    for (const { value, weight: wished } of wishes) {
      const found = fit(value, offer)
      if (found <= exactness) continue
      exactness = found
      weight = wished
    }
    return weight
  })
}

function best(offers: readonly string[], weightOf: (offer: string) => number): string | undefined {
  let choice: string | undefined
  let most = 0
  for (const offer of offers) {
    const weight = weightOf(offer)
    if (weight <= most) continue
    most = weight
    choice = offer
  }
  return choice
}
