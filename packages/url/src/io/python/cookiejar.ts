/** Python's module `http.cookiejar`: cookies of clients, by RFC 2965 and Netscape's ways. */
export { Cookie } from './cookiejar-cookie.ts'
export {
  DEFAULT_HTTP_PORT,
  domain_match,
  eff_request_host,
  escape_path,
  HTTP_PATH_SAFE,
  is_HDN,
  is_third_party,
  liberal_is_HDN,
  reach,
  request_host,
  request_path,
  request_port,
  user_domain_match,
} from './cookiejar-domains.ts'
export {
  FileCookieJar,
  HTTPONLY_ATTR,
  HTTPONLY_PREFIX,
  LoadError,
  LWPCookieJar,
  lwp_cookie_str,
  MISSING_FILENAME_TEXT,
  MozillaCookieJar,
  NETSCAPE_HEADER_TEXT,
} from './cookiejar-files.ts'
export { CookieJar } from './cookiejar-jar.ts'
export { CookiePolicy, DefaultCookiePolicy } from './cookiejar-policy.ts'
export {
  DAYS,
  EPOCH_YEAR,
  http2time,
  iso2time,
  MONTHS,
  MONTHS_LOWER,
  offset_from_tz_string,
  time2isoz,
  time2netscape,
  UTC_ZONES,
} from './cookiejar-time.ts'
export {
  join_header_words,
  parse_ns_headers,
  split_header_words,
  strip_quotes,
} from './cookiejar-words.ts'
