/** Python's module `http.client`. */

export { HTTP_PORT, HTTPConnection, HTTPS_PORT, HTTPSConnection } from './client-connection.ts'
export {
  BadStatusLine,
  CannotSendHeader,
  CannotSendRequest,
  HTTPException,
  HTTPException as error,
  ImproperConnectionState,
  IncompleteRead,
  InvalidURL,
  LineTooLong,
  MAX_LINE as _MAXLINE,
  NotConnected,
  RemoteDisconnected,
  ResponseNotReady,
  UnimplementedFileMode,
  UnknownProtocol,
  UnknownTransferEncoding,
} from './client-errors.ts'
export { HTTPResponse, MAX_HEADERS as _MAXHEADERS, parse_headers } from './client-response.ts'
export { HTTPMessage } from './message.ts'
export { responses } from './status.ts'
export * from './status-numbers.ts'
