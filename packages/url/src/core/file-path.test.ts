import { describe, expect, it } from 'vitest'
import { fileUrlToPath, type PathRule, POSIX, pathToFileUrl, WINDOWS } from './file-path.ts'

describe('fileUrlToPath()', () => {
  it.each<[url: string, rule: PathRule, path: string]>([
    ['file:///etc/hosts', POSIX, '/etc/hosts'],
    ['file:/etc/hosts', POSIX, '/etc/hosts'],
    ['FILE://LocalHost/a%20b', POSIX, '/a b'],
    ['file:///%C3%A9%25', POSIX, '/é%'],
    ['file:///a?b#c', POSIX, '/a'],
    ['file:///a%5Cb', POSIX, '/a\\b'],
    ['file:///C:/a/b', WINDOWS, 'C:\\a\\b'],
    ['file:///c|/a', WINDOWS, 'c:\\a'],
    ['file://nas/music/a%20b', WINDOWS, '\\\\nas\\music\\a b'],
  ])('reads %s', (url, rule, path) => {
    expect(fileUrlToPath(url, rule)).toBe(path)
  })

  it.each<[why: string, url: string, rule: PathRule]>([
    ['another scheme', 'http://h/a', POSIX],
    ['another machine', 'file://h/a', POSIX],
    ['an escaped slash', 'file:///a%2fb', POSIX],
    ['an escaped NUL', 'file:///a%00', POSIX],
    ['a bare NUL', 'file:///a\0', POSIX],
    ['no absolute path', 'file:a', POSIX],
    ['escapes that are no UTF-8', 'file:///%FF', POSIX],
    ['an escaped backslash', 'file:///C:/a%5Cb', WINDOWS],
    ['a missing drive', 'file:///a/b', WINDOWS],
    ['an escaped separator in the name of a machine', 'file://a%5Cb/c', WINDOWS],
  ])('refuses %s', (_, url, rule) => {
    expect(() => fileUrlToPath(url, rule)).toThrow(SyntaxError)
  })
})

describe('pathToFileUrl()', () => {
  it.each<[path: string, rule: PathRule, url: string]>([
    ['/etc/hosts', POSIX, 'file:///etc/hosts'],
    ['/a b;c?d#e%', POSIX, 'file:///a%20b%3Bc%3Fd%23e%25'],
    ['/a\\b', POSIX, 'file:///a%5Cb'],
    ['C:\\a\\b c', WINDOWS, 'file:///C:/a/b%20c'],
    ['C:/a', WINDOWS, 'file:///C:/a'],
    ['\\\\nas\\music', WINDOWS, 'file://nas/music'],
    ['\\\\bücher 1%\\a', WINDOWS, 'file://b%C3%BCcher%201%25/a'],
    ['\\\\?\\C:\\a', WINDOWS, 'file:///C:/a'],
    ['\\\\?\\UNC\\nas\\music', WINDOWS, 'file://nas/music'],
  ])('writes %s, and reads it back', (path, rule, url) => {
    expect(pathToFileUrl(path, rule)).toBe(url)
    if (!path.startsWith('\\\\?\\') && path !== 'C:/a') expect(fileUrlToPath(url, rule)).toBe(path)
  })

  it.each<[why: string, path: string, rule: PathRule]>([
    ['a relative path', 'a', POSIX],
    ['NUL', '/a\0', POSIX],
    ['a relative path on Windows', 'a\\b', WINDOWS],
    ['a path relative to a drive', 'C:a', WINDOWS],
    ['a device', '\\\\.\\COM1', WINDOWS],
  ])('refuses %s', (_, path, rule) => {
    expect(() => pathToFileUrl(path, rule)).toThrow(SyntaxError)
  })
})
