/** What the system refuses, in Python's classes. */
import { builtins } from '@sluice/socket/python'

/** An error of the system as Python has it. */
export function osError(error: unknown): unknown {
  const { code, errno, path, message } = error as NodeJS.ErrnoException
  if (errno === undefined) return error
  const said = message.replace(/^[A-Z]+: |, \w+ '.*'$/g, '')
  const Class =
    code === 'ENOENT'
      ? builtins.FileNotFoundError
      : code === 'EACCES'
        ? builtins.PermissionError
        : code === 'EISDIR'
          ? builtins.IsADirectoryError
          : builtins.OSError
  return new Class(Math.abs(errno), said.charAt(0).toUpperCase() + said.slice(1), path)
}
