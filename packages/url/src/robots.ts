/**
 * `@sluice/url/robots`: robots.txt by RFC 9309, or as Python reads it. Loads in any JavaScript runtime.
 */
export { parseRobots, type RobotsOptions, robotsFor } from './core/robots.ts'
export type { RequestRate, Robots } from './core/robots-lines.ts'
