/**
 * Which addresses a program may talk to when strangers choose the URLs (server-side request forgery, CWE-918). A rule is
 * asked about the address that is dialled, at every hop: a name that means one thing when it is looked at and another when
 * it is used leads past every rule about names.
 */
import { classifyAddress, NetworkList } from '@sluice/socket/ip'
import { checkOptions } from './options.ts'

/** Refuse addresses that lead inside; `except` has networks that are allowed all the same. */
export interface PrivateOptions {
  /** Addresses and networks: `10.1.2.3`, `10.1.0.0/16`. */
  readonly except?: readonly string[] | undefined
}

/** Whether an address may be dialled. */
export type AddressRule = (address: string) => boolean

/**
 * Makes the rule: only what leads to the internet, by the registries of special-purpose addresses. An address that carries
 * another one inside is judged by that.
 *
 * @param caller the function, for the sentence
 * @throws {TypeError | SyntaxError} what makes no sense, or is no network
 */
export function planPrivate(caller: string, option: true | PrivateOptions): AddressRule {
  const given = option === true ? {} : option
  checkOptions(`${caller} denyPrivate`, given, ['except'])
  const except = new NetworkList(given.except ?? [])
  return (address) => classifyAddress(address) === 'global' || except.has(address)
}
