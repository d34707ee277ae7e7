// Files of cases that are not part of the project, with their number of cases: those of other projects, which
// are not ours to hand on, and those of areas that have no code yet. A clone without the folder beside it says
// how many cases it could not run.

/** Number of cases by `area/file.json`. */
export const ELSEWHERE: Readonly<Record<string, number>> = {
  'cookies/http-state-dates.json': 44,
  'cookies/http-state-parser.json': 147,
  'dns/c-ares-messages.json': 46,
  'ftp/commons-net-list.json': 155,
  'http/rfc9110-ranges-conditionals.json': 69,
  'http1/h11.json': 37,
  'http1/http-parser.json': 48,
  'http1/hyper.json': 22,
  'http1/llhttp.json': 168,
  'http1/picohttpparser.json': 66,
  'httpcache/cache-tests.json': 248,
  'proxyproto/haproxy-spec.json': 69,
  'robots/google-robotstxt.json': 94,
  'socket/py-tls-names.json': 418,
  'socks/rfc1928.json': 42,
  'uritemplate/extended-tests.json': 30,
  'uritemplate/spec-examples-by-section.json': 77,
  'uritemplate/spec-examples.json': 39,
  'wpt-url/IdnaTestV2.json': 1711,
  'wpt-url/percent-encoding.json': 3,
  'wpt-url/setters.json': 182,
  'wpt-url/toascii.json': 51,
  'wpt-url/urlencoded-parser.json': 20,
  'wpt-url/urlpatterntestdata.json': 247,
  'wpt-url/urltestdata-javascript-only.json': 1,
  'wpt-url/urltestdata.json': 578,
}
