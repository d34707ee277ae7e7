/** What a robots.txt says, before anybody has decided what it means. */

/** Rules about robots, for whoever asks by its name. */
export interface Robots {
  /**
   * Tells whether a robot may fetch a URL.
   *
   * @param agent its name; what follows a slash (`Bot/1.0`) is a version
   * @param url whole, or a path; encoded as it is sent
   */
  isAllowed(agent: string, url: string | URL): boolean
  /** Milliseconds between two requests (Crawl-delay); nothing where it does not say. */
  crawlDelay(agent: string): number | undefined
  /** So many requests in so many milliseconds (Request-rate); nothing where it does not say. */
  requestRate(agent: string): RequestRate | undefined
  /** Where sitemaps are, as they are written. */
  readonly sitemaps: readonly string[]
  /** The rules as text: what counts of them. */
  toString(): string
}

/** So many requests in a time. */
export interface RequestRate {
  /** How many. */
  readonly requests: number
  /** In how many milliseconds. */
  readonly period: number
}

/** Rules for the whole site, which no file has. */
export function sameForAll(isAllowed: boolean): Robots {
  return {
    isAllowed: () => isAllowed,
    crawlDelay: () => undefined,
    requestRate: () => undefined,
    sitemaps: [],
    toString: () => `User-agent: *\nDisallow:${isAllowed ? '' : ' /'}`,
  }
}
