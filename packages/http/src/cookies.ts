/** `@sluice/http/cookies`: Cookie and Set-Cookie as text. Loads in any JavaScript runtime. */
export { formatCookie, parseCookie } from './core/fields/cookie.ts'
export { formatSetCookie, parseSetCookie, type SetCookie } from './core/fields/set-cookie.ts'
