/** `-F`: a form of texts and files, written as curl writes it. Files are read while they are sent. */
import { openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { Response } from '@sluice/http'
import { formatPartHead, randomBoundary } from '@sluice/http/multipart'
import { mimeType } from '@sluice/http/static'
import { FetchError } from '../../core/errors.ts'
import { type FormField, parseFormField } from '../../core/form-field.ts'
import { type Stage, UsageError } from './stage.ts'

/** What a form is made of has a length, and can be sent again. @throws {UsageError | FetchError} */
export async function formOf(fields: readonly string[], stage: Stage): Promise<Blob> {
  const parsed = fields.map((field) => {
    try {
      return parseFormField(field)
    } catch (error) {
      throw new UsageError(`-F ${(error as Error).message}`)
    }
  })
  if (parsed.filter(isInput).length > 1)
    throw new UsageError('-F reads what comes in for one field')
  const boundary = randomBoundary()
  const parts: (string | Blob)[] = []
  for (const field of parsed) {
    const { name, kind, value, filename } = field
    const named = filename ?? (kind === 'file' ? basename(value) : undefined)
    const type = field.type ?? (kind === 'file' ? guess(named, value) : undefined)
    const head = `--${boundary}\r\n${formatPartHead(name, type, named)}`
    parts.push(head, kind === 'text' ? value : await contentOf(field, stage), '\r\n')
  }
  parts.push(`--${boundary}--\r\n`)
  return new Blob(parts, { type: `multipart/form-data; boundary=${boundary}` })
}

/** By the name it is sent under, else by its own. Which encoding a text has, no name says. */
function guess(...names: (string | undefined)[]): string {
  const types = names.map((name) => mimeType(name ?? '').replace(/;.*/, ''))
  return types.find((type) => type !== 'application/octet-stream') ?? 'application/octet-stream'
}

function isInput({ kind, value }: FormField): boolean {
  return kind !== 'text' && value === '-'
}

async function contentOf(field: FormField, { stdin }: Stage): Promise<Blob> {
  return isInput(field) ? allOf(stdin()) : fileBlob(field.value)
}

/** Its length has to be known before it is sent. */
function allOf(input: Readable): Promise<Blob> {
  return new Response(input).blob()
}

/** A file to send. @throws {FetchError} it can't be read */
export async function fileBlob(path: string): Promise<Blob> {
  try {
    // Node's own refusal, which some versions do not even reject with, does not say why.
    const { size } = await stat(path)
    const blob = await openAsBlob(path)
    if (size > 0) await blob.slice(0, 1).arrayBuffer()
    return blob
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** @param cause what the system said */
export function unreadable(path: string, cause: unknown): FetchError {
  return new FetchError({ method: 'read', url: path, phase: 'read', cause })
}
