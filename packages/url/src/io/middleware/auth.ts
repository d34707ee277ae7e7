/** Credentials, at each hop, where the request has any and the program has written no Authorization field itself. */
import type { Response } from '@sluice/http'
import type { Authenticator, AuthOption } from '../authenticator.ts'
import { type Handler, isHttp, type PlannedRequest } from '../pipeline.ts'

/** The authenticator of a client or a fetch; loaded when it is asked for. */
export type AuthSource = () => Promise<Authenticator>

/** Sends what proves who asks. */
export function authenticate(request: PlannedRequest, next: Handler): Promise<Response> {
  const { auth } = request
  if (auth === undefined || !isHttp(request)) return next(request)
  return auth().then((authenticator) => authenticator.exchange(request, next))
}

/** @param home whose the credentials are that name no origin */
export function openAuth(option: AuthOption, home: string | undefined): AuthSource {
  let made: Promise<Authenticator> | undefined
  return () => {
    made ??= import('../authenticator.ts').then(
      ({ Authenticator }) => new Authenticator(option, home),
    )
    return made
  }
}
