import { describe, expect, it } from 'vitest'
import { formatActive, planPassive } from './ftp-address.ts'
import { AsciiDecoder, AsciiEncoder } from './ftp-ascii.ts'
import { formatCommand, maskCommand } from './ftp-command.ts'
import { parseFacts } from './ftp-facts.ts'
import { parseListLine } from './ftp-list.ts'
import { type FtpLogin, login } from './ftp-login.ts'
import { isSafeName, planFtpPath } from './ftp-path.ts'
import { planFtpPlace } from './ftp-place.ts'
import {
  type FtpReply,
  kindOfReply,
  MAX_REPLY_LINES,
  parseExtendedPassive,
  parseFeatures,
  parsePassive,
  parsePath,
  parseTransferSize,
  ReplyReader,
} from './ftp-reply.ts'
import { formatFtpTime, parseFtpTime } from './ftp-time.ts'

function replies(...lines: string[]): FtpReply[] {
  const reader = new ReplyReader()
  return lines.map((line) => reader.push(line)).filter((reply) => reply !== undefined)
}

describe('replies', () => {
  it.each<[title: string, lines: string[], expected: [code: number, text: string][]]>([
    ['one line', ['220 ready'], [[220, 'ready']]],
    ['a code alone', ['220'], [[220, '']]],
    ['several lines', ['220-a', 'b', ' c', '220 d'], [[220, 'd']]],
    ['the code within, with a hyphen', ['220-a', '220-b', '220 c'], [[220, 'c']]],
    ['another code within', ['211-a', '220 b', '211 c'], [[211, 'c']]],
    ['a longer number within', ['211-a', '2111 b', '211 c'], [[211, 'c']]],
    ['empty lines within', ['220-', '', '220 '], [[220, '']]],
    [
      'two replies',
      ['226 a', '221 b'],
      [
        [226, 'a'],
        [221, 'b'],
      ],
    ],
  ])('%s', (_, lines, expected) => {
    expect(replies(...lines).map(({ code, text }) => [code, text])).toEqual(expected)
  })

  it.each(['xyz', '22 a', '2200 a', ' 220 a', '999 x', '000 x', '220x', ''])(
    'refuses %j at the beginning of one',
    (line) => expect(() => replies(line)).toThrow(SyntaxError),
  )

  it('refuses one that has no end', () => {
    const reader = new ReplyReader()
    reader.push('220-a')
    for (let i = 1; i < MAX_REPLY_LINES; i++) reader.push('more')
    expect(() => reader.push('more')).toThrow(RangeError)
  })

  it('the first digit says how it stands', () => {
    expect(replies('150 a', '226 a', '331 a', '421 a', '550 a').map(kindOfReply)).toEqual([
      'preliminary',
      'completion',
      'intermediate',
      'transient',
      'permanent',
    ])
  })

  it.each<[text: string, expected: ReturnType<typeof parsePassive>]>([
    ['Entering Passive Mode (192,168,1,2,3,4)', { hostname: '192.168.1.2', port: 772 }],
    ['=1,2,3,4,5,6', { hostname: '1.2.3.4', port: 1286 }],
    ['(127,0,0,1, 4, 1).', { hostname: '127.0.0.1', port: 1025 }],
    ['(1,2,3,4,256,0)', undefined],
    ['(1,2,3,4,0,0)', undefined],
    ['(1,2,3,4,5)', undefined],
    ['nothing', undefined],
  ])('PASV %j', (text, expected) => expect(parsePassive(text)).toEqual(expected))

  it.each<[text: string, port: number | undefined]>([
    ['Entering Extended Passive Mode (|||6446|)', 6446],
    ['(!!!80!)', 80],
    ['(|||65536|)', undefined],
    ['(|||0|)', undefined],
    ['(|||6446)', undefined],
    ['(||6446|)', undefined],
    ['(|||x|)', undefined],
  ])('EPSV %j', (text, port) => expect(parseExtendedPassive(text)).toBe(port))

  it('reads paths, sizes and features', () => {
    expect(parsePath('"/foo" created')).toBe('/foo')
    expect(parsePath('"/a""b" x')).toBe('/a"b')
    expect(parsePath('/a')).toBeUndefined()
    expect(parseTransferSize('Opening BINARY mode for x (1024 bytes)')).toBe(1024)
    expect(parseTransferSize('(99999999999999999 bytes)')).toBeUndefined()
    const [reply] = replies('211-Features', ' MLST type*;size*;', ' utf8', '211 End')
    expect([...parseFeatures(reply as FtpReply)]).toEqual([
      ['MLST', 'type*;size*;'],
      ['UTF8', ''],
    ])
  })
})

describe('commands', () => {
  it('are one line', () => {
    expect(formatCommand('RETR', 'a b')).toBe('RETR a b')
    expect(formatCommand('NOOP')).toBe('NOOP')
  })

  it.each(['a\rb', 'a\nDELE b', 'a\0', '\ud800', 'a\udc00'])('never hold %j', (text) => {
    expect(() => formatCommand('RETR', text)).toThrow(TypeError)
  })

  it('have a limit, and a verb of letters', () => {
    expect(() => formatCommand('RETR', 'x'.repeat(4097))).toThrow(RangeError)
    for (const verb of ['', 'A B', 'RETR x', 'é'])
      expect(() => formatCommand(verb)).toThrow(TypeError)
    expect(() => formatCommand('RETR', 5 as never)).toThrow('RETR takes text, not number')
  })

  it('show no password', () => {
    expect(maskCommand('PASS secret')).toBe('PASS ***')
    expect(maskCommand('RETR secret')).toBe('RETR secret')
  })
})

describe('addresses', () => {
  it('are told in the form that the server knows', () => {
    expect(formatActive({ family: 'IPv4', hostname: '127.0.0.1', port: 1025 })).toBe(
      'PORT 127,0,0,1,4,1',
    )
    expect(formatActive({ family: 'IPv6', hostname: '::1', port: 80 })).toBe('EPRT |2|::1|80|')
  })

  it('are asked for by EPSV first', () => {
    const plan = (family: 'IPv4' | 'IPv6', isExtendedRefused: boolean) =>
      planPassive({ family, isExtendedRefused })
    expect(plan('IPv4', false)).toEqual(['EPSV', 'PASV'])
    expect(plan('IPv4', true)).toEqual(['PASV'])
    expect(plan('IPv6', true)).toEqual(['EPSV'])
  })
})

describe('paths of URLs', () => {
  it.each<[path: string, folders: string[], name: string, type?: string]>([
    ['/a.txt', [], 'a.txt'],
    ['/pub/a%20b.txt;type=a', ['pub'], 'a b.txt', 'ascii'],
    ['/pub/', ['pub'], ''],
    ['/', [], ''],
    ['//etc/motd', ['/', 'etc'], 'motd'],
    ['/%2Fetc/motd', ['/etc'], 'motd'],
    ['/a//b', ['a'], 'b'],
    ['/a%2Fb/c', ['a/b'], 'c'],
    ['/d;type=D', [], 'd', 'list'],
  ])('%s', (path, folders, name, type) => {
    expect(planFtpPath(path)).toEqual({ folders, name, type })
  })

  it.each(['/a%0D%0ADELE b', '/%00', '/%ff'])('refuses %s', (path) => {
    expect(() => planFtpPath(path)).toThrow(TypeError)
  })

  it('tells plain names from those that lead elsewhere', () => {
    for (const name of ['a.txt', '.profile', 'ü', 'a b', '...a'])
      expect(isSafeName(name)).toBe(true)
    for (const name of [
      '',
      '.',
      '..',
      '../a',
      'a/b',
      'a\\b',
      'c:',
      'a\0',
      'a\nb',
      'NUL',
      'com1.txt',
      'a.',
      'ü'.repeat(128),
    ])
      expect(isSafeName(name), name).toBe(false)
  })
})

describe('places', () => {
  it.each<[target: string, user: string, password: string, hostname: string, port: number]>([
    ['ftp://h', 'anonymous', 'anonymous@example.invalid', 'h', 21],
    ['h:2121', 'anonymous', 'anonymous@example.invalid', 'h', 2121],
    ['ftp://u%40x:p%3Aw@h/', 'u@x', 'p:w', 'h', 21],
    ['ftp://[::1]:2121/', 'anonymous', 'anonymous@example.invalid', '::1', 2121],
    ['ftp://anonymous:me@h', 'anonymous', 'me', 'h', 21],
  ])('%s', (target, user, password, hostname, port) => {
    expect(planFtpPlace(target, {})).toMatchObject({ user, password, hostname, port })
  })

  it('options win, and errors show no password', () => {
    expect(planFtpPlace('ftp://u:p@h', { user: 'v', password: '' })).toMatchObject({
      user: 'v',
      password: '',
    })
    expect(() => planFtpPlace('http://u:secret@h', {})).toThrow(
      /^open http:\/\/u:\*\*\*@h: an FTP server/,
    )
    expect(() => planFtpPlace('ftp://', {})).toThrow('ERR_INVALID_URL')
  })
})

describe('times', () => {
  it.each<[text: string, iso: string | undefined]>([
    ['19980615100045.014', '1998-06-15T10:00:45.014Z'],
    ['20200101000000', '2020-01-01T00:00:00.000Z'],
    ['20161231235960', '2016-12-31T23:59:59.000Z'],
    ['20200230000000', undefined],
    ['20200101250000', undefined],
    ['20200101', undefined],
    ['00000000000000', undefined],
  ])('%s', (text, iso) => expect(parseFtpTime(text)?.toISOString()).toBe(iso))

  it('are written to the second', () => {
    expect(formatFtpTime(new Date('1998-06-15T10:00:45.014Z'))).toBe('19980615100045')
    expect(() => formatFtpTime(new Date('+012026-01-01T00:00:00Z'))).toThrow(RangeError)
  })
})

describe('listings', () => {
  const now = new Date('2026-03-01T12:00:00Z')
  const read = (line: string) => {
    const { name, type, size, modified, target, mode, owner, group } =
      parseListLine(line, now) ?? {}
    return {
      name,
      type,
      size,
      at: modified?.toISOString().slice(0, 16),
      target,
      mode,
      owner,
      group,
    }
  }

  it.each<[line: string, expected: object]>([
    [
      '-rw-r--r--   1 root     wheel    111325 Apr 27  2001 a b.txt',
      {
        name: 'a b.txt',
        type: 'file',
        size: 111_325,
        at: '2001-04-27T00:00',
        mode: 0o644,
        owner: 'root',
        group: 'wheel',
      },
    ],
    [
      'drwxrwxrwt   2 ftp      ftp          4096 Feb 28 23:30 tmp',
      { name: 'tmp', type: 'dir', at: '2026-02-28T23:30', mode: 0o1777 },
    ],
    [
      'lrwxrwxrwx   1 a b 7 Mar  1 11:59 here -> ../there',
      { name: 'here', type: 'link', target: '../there' },
    ],
    ['-rw-r--r--   1 a b 7 Mar  3 00:00 last year', { at: '2025-03-03T00:00' }],
    ['-rw-r--r--   1 a b 7 Mar  2 11:00 of a clock before ours', { at: '2026-03-02T11:00' }],
    ['-rw-r--r--   1 a b 7 Feb 29 10:00 leap', { at: '2024-02-29T10:00' }],
    [
      '-rw-r--r-- 1 1 3518644 May 25 12:12 std',
      { name: 'std', size: 3_518_644, owner: '1', group: undefined },
    ],
    [
      'drwx------ 4 maxm Domain Users 512 Oct 2 10:59 .metadata',
      { name: '.metadata', owner: 'maxm', group: 'Domain Users', size: 512 },
    ],
    ['-rw-r--r-- 1 a b 7 2024-05-06 07:08 iso', { name: 'iso', at: '2024-05-06T07:08' }],
    ['-rw-rw-r--  1 a b  5 Mar  1 10:00  leading', { name: ' leading' }],
    [
      '05-26-95  10:57AM               143712 $LDR$',
      { name: '$LDR$', size: 143_712, at: '1995-05-26T10:57' },
    ],
    [
      '12-05-96  12:03PM       <DIR>          absoft2',
      { name: 'absoft2', type: 'dir', size: undefined, at: '1996-12-05T12:03' },
    ],
    ['01-22-2008  12:00AM 1,234 grouped', { size: 1234, at: '2008-01-22T00:00' }],
    ['-rw-r--r-- 1 a b 99999999999999999999 Feb 3  2020 x', { name: 'x', size: undefined }],
  ])('%s', (line, expected) => expect(read(line)).toMatchObject(expected))

  it.each([
    'total 12',
    '',
    'hello',
    '-rw-r--r-- 1 a b 7 Jam  1  2020 x',
    '-rw-r--r-- 1 a b 7 Feb 30  2020 x',
  ])('%j is no entry', (line) => expect(parseListLine(line, now)).toBeUndefined())

  it.each<[line: string, expected: object | undefined]>([
    [
      'type=file;size=2364;modify=20130611170131;UNIX.mode=0664; a  b',
      { name: 'a  b', type: 'file', size: 2364, mode: 0o664, isModifiedExact: true },
    ],
    ['Type=cdir;Modify=20141022065102; /x', { type: 'self' }],
    ['type=OS.unix=slink:/target;size=1; l', { type: 'link', target: '/target' }],
    ['modify=2014; x', undefined],
    ['size=x; x', { name: 'x', size: undefined, modified: undefined, isModifiedExact: false }],
    ['type=file;  leading', { name: ' leading' }],
    ['type=file;size=1;', undefined],
    ['type=dir;Size; x', undefined],
  ])('facts: %s', (line, expected) => {
    const entry = parseFacts(line)
    if (expected === undefined) expect(entry).toBeUndefined()
    else expect(entry).toMatchObject(expected)
  })

  it.each(['1 ', 'a b ', '- ', '-rw-r--r-- 1 a ', '-rw-r--r-- 1 a b 1 Jan 1 2020 ', 'JOB1 X '])(
    'reading takes no more than its share of a line of %j',
    (part) => {
      const time = (n: number): number => {
        const line = part.repeat(n).slice(0, n)
        const started = performance.now()
        parseListLine(line, now)
        parseFacts(line)
        return performance.now() - started
      }
      time(8192)
      expect(time(8192)).toBeLessThan(50)
    },
  )
})

describe('texts', () => {
  it.each<[title: string, pieces: string[], text: string]>([
    ['CR LF', ['a\r\nb\r\n'], 'a\nb\n'],
    ['cut in two', ['a\r', '\nb'], 'a\nb'],
    ['a CR alone', ['a\rb\r', '\r\nc\r'], 'a\rb\r\nc\r'],
  ])('from the wire: %s', (_, pieces, text) => {
    const decoder = new AsciiDecoder()
    const parts = [...pieces.map((piece) => decoder.push(Buffer.from(piece))), decoder.end()]
    expect(Buffer.concat(parts).toString()).toBe(text)
  })

  it.each<[title: string, pieces: string[], wire: string]>([
    ['LF', ['a\nb\n'], 'a\r\nb\r\n'],
    ['CR LF stays', ['a\r\nb\r', '\nc'], 'a\r\nb\r\nc'],
    ['two LF', ['\n\n'], '\r\n\r\n'],
  ])('to the wire: %s', (_, pieces, wire) => {
    const encoder = new AsciiEncoder()
    expect(Buffer.concat(pieces.map((piece) => encoder.push(Buffer.from(piece)))).toString()).toBe(
      wire,
    )
  })
})

describe('login', () => {
  const who: FtpLogin = {
    user: 'u',
    password: 'p',
    account: undefined,
    isSecure: false,
    isDataSecure: true,
  }

  /** Plays a server: what was said, and how it ended. */
  function play(given: Partial<FtpLogin>, answers: string[]): { said: string[]; error?: unknown } {
    const said: string[] = []
    const steps = login({ ...who, ...given })
    let reply: FtpReply | undefined
    try {
      for (let step = steps.next(); !step.done; step = steps.next(reply as FtpReply)) {
        const { value } = step
        if ('secure' in value) said.push('TLS')
        else {
          if ('verb' in value) said.push(formatCommand(value.verb, value.argument))
          reply = replies(...(answers.shift() ?? '421 nothing').split('\n'))[0]
        }
      }
    } catch (error) {
      return { said, error }
    }
    return { said }
  }

  it.each<[title: string, given: Partial<FtpLogin>, answers: string[], said: string[]]>([
    [
      'as usual',
      {},
      ['220 a', '331 b', '230 c', '211-f\n UTF8\n211 e', '200 d'],
      ['USER u', 'PASS p', 'FEAT', 'OPTS UTF8 ON'],
    ],
    ['ready in a while', {}, ['120 wait', '220 a', '230 b', '500 c'], ['USER u', 'FEAT']],
    [
      'with an account',
      { account: 'x' },
      ['220 a', '331 b', '332 c', '230 d', '500 e'],
      ['USER u', 'PASS p', 'ACCT x', 'FEAT'],
    ],
    [
      'in TLS',
      { isSecure: true },
      ['220 a', '234 b', '331 c', '230 d', '200 e', '200 f', '500 g'],
      ['AUTH TLS', 'TLS', 'USER u', 'PASS p', 'PBSZ 0', 'PROT P', 'FEAT'],
    ],
  ])('%s', (_, given, answers, said) => expect(play(given, answers)).toEqual({ said }))

  it.each<
    [
      title: string,
      given: Partial<FtpLogin>,
      answers: string[],
      code: string,
      last: string | undefined,
    ]
  >([
    ['nobody is welcome', {}, ['421 full'], 'ERR_FTP_REPLY', undefined],
    ['the wrong password', {}, ['220 a', '331 b', '530 no'], 'ERR_FTP_LOGIN', 'PASS p'],
    ['an account is wanted', {}, ['220 a', '332 b'], 'ERR_FTP_LOGIN', 'USER u'],
    ['not now', {}, ['220 a', '421 later'], 'ERR_FTP_REPLY', 'USER u'],
    // The password must not follow in the clear.
    ['no TLS', { isSecure: true }, ['220 a', '502 b', '331 c'], 'ERR_FTP_NO_TLS', 'AUTH TLS'],
    [
      'no private data',
      { isSecure: true },
      ['220 a', '234 b', '230 c', '200 d', '536 e'],
      'ERR_FTP_NO_TLS',
      'PROT P',
    ],
  ])('%s', (_, given, answers, code, last) => {
    const { said, error } = play(given, answers)
    expect(error).toMatchObject({ code })
    expect(said.at(-1)).toBe(last)
  })
})
