import { createHash, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeAuthority, makeCertificate } from '../../test/certificates.ts'
import { readCertificate, shortName } from './certificate.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
const ca = makeAuthority('Root')
const leaf = makeCertificate({
  name: 'leaf',
  issuer: ca,
  names: ['a.test', '*.b.test', '192.0.2.7', '2001:db8::1'],
  from: new Date('2024-02-29T01:02:03Z'),
  to: new Date('2055-12-31T23:59:59Z'),
})

describe('readCertificate', () => {
  test('reads what the certificate says', () => {
    expect(readCertificate(leaf.cert, sha256)).toMatchObject({
      subject: { CN: 'leaf' },
      issuer: { CN: 'Root' },
      names: { dns: ['a.test', '*.b.test'], ip: ['192.0.2.7', '2001:db8::1'] },
      // One of UTCTime, one of GeneralizedTime.
      validFrom: new Date('2024-02-29T01:02:03Z'),
      validTo: new Date('2055-12-31T23:59:59Z'),
      isCa: false,
      pem: leaf.cert,
    })
    expect(readCertificate(ca.cert, sha256)).toMatchObject({
      isCa: true,
      names: { dns: [], ip: [] },
    })
  })

  test('agrees with the runtime', () => {
    const ours = readCertificate(leaf.cert, sha256)
    const theirs = new X509Certificate(leaf.cert)
    expect(ours.fingerprint256).toBe(theirs.fingerprint256)
    expect(ours.serialNumber).toBe(theirs.serialNumber.toUpperCase())
    expect(ours.validTo.getTime()).toBe(Date.parse(theirs.validTo))
  })

  test('PEM, bytes of PEM and DER are the same', () => {
    const text = readCertificate(leaf.cert, sha256)
    expect(readCertificate(new TextEncoder().encode(leaf.cert), sha256)).toEqual(text)
    expect(readCertificate(text.der, sha256)).toEqual(text)
    expect(
      readCertificate(`# mine\r\n${leaf.cert.replaceAll('\n', '\r\n')}${ca.cert}`, sha256),
    ).toEqual(text)
  })

  test.each([
    ['nothing', ''],
    ['a key', leaf.key],
    ['no base64', '-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----'],
    ['bytes', Uint8Array.of(1, 2, 3)],
    ['a sequence of nothing', Uint8Array.of(0x30, 0)],
    ['a length without an end', Uint8Array.of(0x30, 0x80, 0, 0)],
    ['a length that is longer than it has to be', Uint8Array.of(0x30, 0x81, 1, 0)],
  ])('%s is no certificate', (_, source) => {
    expect(() => readCertificate(source, sha256)).toThrow(SyntaxError)
  })

  test('any input is read or refused: every byte changed, every place cut', () => {
    const { der } = readCertificate(leaf.cert, sha256)
    const read = (bytes: Uint8Array): void => {
      try {
        readCertificate(bytes, sha256)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
      }
    }
    for (let at = 0; at < der.length; at++) {
      expect(() => readCertificate(der.subarray(0, at), sha256)).toThrow(SyntaxError)
      for (const value of [0, 0x1f, 0x30, 0x7f, 0x80, 0x84, 0xff]) {
        const changed = der.slice()
        changed[at] = value
        read(changed)
      }
    }
    expect(() => readCertificate(Uint8Array.of(...der, 0), sha256)).toThrow(SyntaxError)
  })
})

test('shortName prefers the common name', () => {
  expect(shortName({ O: 'Org', CN: 'name' })).toBe('name')
  expect(shortName({ O: 'Org', OU: 'Unit' })).toBe('Org')
  expect(shortName({})).toBe('')
})
