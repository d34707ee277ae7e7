/** `@sluice/http/cookies`: Cookie and Set-Cookie as text. Loads in any JavaScript runtime. */
export {
  formatCookie,
  formatSetCookie,
  parseCookie,
  parseSetCookie,
  type SetCookie,
} from './core/fields/cookie.ts'
