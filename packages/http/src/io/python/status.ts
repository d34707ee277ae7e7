/**
 * Python's `http.HTTPStatus` and `http.HTTPMethod`. Members are what they stand for, numbers and texts, so that `===` means
 * what it says; `HTTPStatus(404)` tells name, phrase and description.
 */
import { builtins } from '@sluice/socket/python'
import * as N from './status-numbers.ts'

/** Number, phrase and description by name, in Python's words. */
const STATUSES: Readonly<Record<StatusName, readonly [number, string, string]>> = {
  CONTINUE: [N.CONTINUE, 'Continue', 'Request received, please continue'],
  SWITCHING_PROTOCOLS: [
    N.SWITCHING_PROTOCOLS,
    'Switching Protocols',
    'Switching to new protocol; obey Upgrade header',
  ],
  PROCESSING: [N.PROCESSING, 'Processing', ''],
  EARLY_HINTS: [N.EARLY_HINTS, 'Early Hints', ''],
  OK: [N.OK, 'OK', 'Request fulfilled, document follows'],
  CREATED: [N.CREATED, 'Created', 'Document created, URL follows'],
  ACCEPTED: [N.ACCEPTED, 'Accepted', 'Request accepted, processing continues off-line'],
  NON_AUTHORITATIVE_INFORMATION: [
    N.NON_AUTHORITATIVE_INFORMATION,
    'Non-Authoritative Information',
    'Request fulfilled from cache',
  ],
  NO_CONTENT: [N.NO_CONTENT, 'No Content', 'Request fulfilled, nothing follows'],
  RESET_CONTENT: [N.RESET_CONTENT, 'Reset Content', 'Clear input form for further input'],
  PARTIAL_CONTENT: [N.PARTIAL_CONTENT, 'Partial Content', 'Partial content follows'],
  MULTI_STATUS: [N.MULTI_STATUS, 'Multi-Status', ''],
  ALREADY_REPORTED: [N.ALREADY_REPORTED, 'Already Reported', ''],
  IM_USED: [N.IM_USED, 'IM Used', ''],
  MULTIPLE_CHOICES: [
    N.MULTIPLE_CHOICES,
    'Multiple Choices',
    'Object has several resources -- see URI list',
  ],
  MOVED_PERMANENTLY: [
    N.MOVED_PERMANENTLY,
    'Moved Permanently',
    'Object moved permanently -- see URI list',
  ],
  FOUND: [N.FOUND, 'Found', 'Object moved temporarily -- see URI list'],
  SEE_OTHER: [N.SEE_OTHER, 'See Other', 'Object moved -- see Method and URL list'],
  NOT_MODIFIED: [N.NOT_MODIFIED, 'Not Modified', 'Document has not changed since given time'],
  USE_PROXY: [
    N.USE_PROXY,
    'Use Proxy',
    'You must use proxy specified in Location to access this resource',
  ],
  TEMPORARY_REDIRECT: [
    N.TEMPORARY_REDIRECT,
    'Temporary Redirect',
    'Object moved temporarily -- see URI list',
  ],
  PERMANENT_REDIRECT: [
    N.PERMANENT_REDIRECT,
    'Permanent Redirect',
    'Object moved permanently -- see URI list',
  ],
  BAD_REQUEST: [N.BAD_REQUEST, 'Bad Request', 'Bad request syntax or unsupported method'],
  UNAUTHORIZED: [N.UNAUTHORIZED, 'Unauthorized', 'No permission -- see authorization schemes'],
  PAYMENT_REQUIRED: [N.PAYMENT_REQUIRED, 'Payment Required', 'No payment -- see charging schemes'],
  FORBIDDEN: [N.FORBIDDEN, 'Forbidden', 'Request forbidden -- authorization will not help'],
  NOT_FOUND: [N.NOT_FOUND, 'Not Found', 'Nothing matches the given URI'],
  METHOD_NOT_ALLOWED: [
    N.METHOD_NOT_ALLOWED,
    'Method Not Allowed',
    'Specified method is invalid for this resource',
  ],
  NOT_ACCEPTABLE: [N.NOT_ACCEPTABLE, 'Not Acceptable', 'URI not available in preferred format'],
  PROXY_AUTHENTICATION_REQUIRED: [
    N.PROXY_AUTHENTICATION_REQUIRED,
    'Proxy Authentication Required',
    'You must authenticate with this proxy before proceeding',
  ],
  REQUEST_TIMEOUT: [N.REQUEST_TIMEOUT, 'Request Timeout', 'Request timed out; try again later'],
  CONFLICT: [N.CONFLICT, 'Conflict', 'Request conflict'],
  GONE: [N.GONE, 'Gone', 'URI no longer exists and has been permanently removed'],
  LENGTH_REQUIRED: [N.LENGTH_REQUIRED, 'Length Required', 'Client must specify Content-Length'],
  PRECONDITION_FAILED: [
    N.PRECONDITION_FAILED,
    'Precondition Failed',
    'Precondition in headers is false',
  ],
  REQUEST_ENTITY_TOO_LARGE: [
    N.REQUEST_ENTITY_TOO_LARGE,
    'Request Entity Too Large',
    'Entity is too large',
  ],
  REQUEST_URI_TOO_LONG: [N.REQUEST_URI_TOO_LONG, 'Request-URI Too Long', 'URI is too long'],
  UNSUPPORTED_MEDIA_TYPE: [
    N.UNSUPPORTED_MEDIA_TYPE,
    'Unsupported Media Type',
    'Entity body in unsupported format',
  ],
  REQUESTED_RANGE_NOT_SATISFIABLE: [
    N.REQUESTED_RANGE_NOT_SATISFIABLE,
    'Requested Range Not Satisfiable',
    'Cannot satisfy request range',
  ],
  EXPECTATION_FAILED: [
    N.EXPECTATION_FAILED,
    'Expectation Failed',
    'Expect condition could not be satisfied',
  ],
  IM_A_TEAPOT: [
    N.IM_A_TEAPOT,
    "I'm a Teapot",
    'Server refuses to brew coffee because it is a teapot.',
  ],
  MISDIRECTED_REQUEST: [
    N.MISDIRECTED_REQUEST,
    'Misdirected Request',
    'Server is not able to produce a response',
  ],
  UNPROCESSABLE_ENTITY: [N.UNPROCESSABLE_ENTITY, 'Unprocessable Entity', ''],
  LOCKED: [N.LOCKED, 'Locked', ''],
  FAILED_DEPENDENCY: [N.FAILED_DEPENDENCY, 'Failed Dependency', ''],
  TOO_EARLY: [N.TOO_EARLY, 'Too Early', ''],
  UPGRADE_REQUIRED: [N.UPGRADE_REQUIRED, 'Upgrade Required', ''],
  PRECONDITION_REQUIRED: [
    N.PRECONDITION_REQUIRED,
    'Precondition Required',
    'The origin server requires the request to be conditional',
  ],
  TOO_MANY_REQUESTS: [
    N.TOO_MANY_REQUESTS,
    'Too Many Requests',
    'The user has sent too many requests in a given amount of time ("rate limiting")',
  ],
  REQUEST_HEADER_FIELDS_TOO_LARGE: [
    N.REQUEST_HEADER_FIELDS_TOO_LARGE,
    'Request Header Fields Too Large',
    'The server is unwilling to process the request because its header fields are too large',
  ],
  UNAVAILABLE_FOR_LEGAL_REASONS: [
    N.UNAVAILABLE_FOR_LEGAL_REASONS,
    'Unavailable For Legal Reasons',
    'The server is denying access to the resource as a consequence of a legal demand',
  ],
  INTERNAL_SERVER_ERROR: [
    N.INTERNAL_SERVER_ERROR,
    'Internal Server Error',
    'Server got itself in trouble',
  ],
  NOT_IMPLEMENTED: [N.NOT_IMPLEMENTED, 'Not Implemented', 'Server does not support this operation'],
  BAD_GATEWAY: [N.BAD_GATEWAY, 'Bad Gateway', 'Invalid responses from another server/proxy'],
  SERVICE_UNAVAILABLE: [
    N.SERVICE_UNAVAILABLE,
    'Service Unavailable',
    'The server cannot process the request due to a high load',
  ],
  GATEWAY_TIMEOUT: [
    N.GATEWAY_TIMEOUT,
    'Gateway Timeout',
    'The gateway server did not receive a timely response',
  ],
  HTTP_VERSION_NOT_SUPPORTED: [
    N.HTTP_VERSION_NOT_SUPPORTED,
    'HTTP Version Not Supported',
    'Cannot fulfill request',
  ],
  VARIANT_ALSO_NEGOTIATES: [N.VARIANT_ALSO_NEGOTIATES, 'Variant Also Negotiates', ''],
  INSUFFICIENT_STORAGE: [N.INSUFFICIENT_STORAGE, 'Insufficient Storage', ''],
  LOOP_DETECTED: [N.LOOP_DETECTED, 'Loop Detected', ''],
  NOT_EXTENDED: [N.NOT_EXTENDED, 'Not Extended', ''],
  NETWORK_AUTHENTICATION_REQUIRED: [
    N.NETWORK_AUTHENTICATION_REQUIRED,
    'Network Authentication Required',
    'The client needs to authenticate to gain network access',
  ],
}

/** The names of statuses. */
export type StatusName = keyof typeof N

/** What is known of a status. */
export interface StatusFacts {
  readonly name: StatusName
  readonly value: number
  readonly phrase: string
  readonly description: string
}

const FACTS: readonly StatusFacts[] = Object.entries(STATUSES).map(
  ([name, [value, phrase, description]]) => ({
    name: name as StatusName,
    value,
    phrase,
    description,
  }),
)
const BY_VALUE = new Map(FACTS.map((facts) => [facts.value, facts]))

/** Facts of every status. */
export function statusEntries(): readonly StatusFacts[] {
  return FACTS
}

/** Phrases by status. */
export const responses: ReadonlyMap<number, string> = new Map(
  FACTS.map(({ value, phrase }) => [value, phrase]),
)

function status(value: number): StatusFacts {
  const facts = BY_VALUE.get(value)
  if (facts === undefined) throw new builtins.ValueError(`${value} is not a valid HTTPStatus`)
  return facts
}

/** Statuses: `HTTPStatus.NOT_FOUND` is 404, `HTTPStatus(404).phrase` is `Not Found`. */
export const HTTPStatus: typeof status & Readonly<Record<StatusName, number>> = Object.assign(
  status,
  N,
)

/** Methods: `HTTPMethod.GET` is `'GET'`. */
export const HTTPMethod: Readonly<Record<MethodName, MethodName>> = {
  CONNECT: 'CONNECT',
  DELETE: 'DELETE',
  GET: 'GET',
  HEAD: 'HEAD',
  OPTIONS: 'OPTIONS',
  PATCH: 'PATCH',
  POST: 'POST',
  PUT: 'PUT',
  TRACE: 'TRACE',
}
/** The methods that Python names. */
export type MethodName =
  | 'CONNECT'
  | 'DELETE'
  | 'GET'
  | 'HEAD'
  | 'OPTIONS'
  | 'PATCH'
  | 'POST'
  | 'PUT'
  | 'TRACE'
