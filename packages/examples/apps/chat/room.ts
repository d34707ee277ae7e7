/**
 * Who is in the room, and who is told what. Pure: each act gives the lines that have to be delivered, and whoever calls
 * delivers them. A test needs no socket, and no test needs a room full of people.
 */
import type { Command } from './protocol.ts'

/** A line for one member. */
export interface Delivery<M> {
  to: M
  line: string
}

/** Bounds of a room: what nobody limits, somebody fills. */
export const ROOM = { members: 100, history: 20 }

/** A room; `M` is whatever the caller delivers to. */
export class Room<M> {
  /** By their names in small letters: nobody shall be Ada beside ada. */
  readonly #members = new Map<string, { name: string; member: M }>()
  readonly #history: string[] = []

  /** @throws {RangeError} when the name is taken, or the room is full */
  enter(name: string, member: M): Delivery<M>[] {
    const key = name.toLowerCase()
    if (this.#members.has(key)) throw new RangeError(`${name} is here already`)
    if (this.#members.size >= ROOM.members) throw new RangeError('the room is full')
    const before = this.#history.map((line) => ({ to: member, line }))
    this.#members.set(key, { name, member })
    return [...before, ...this.#toAll(`* ${name} joined, ${this.#members.size} here`)]
  }

  /** Nobody is told twice: a second call does nothing. */
  leave(name: string): Delivery<M>[] {
    if (!this.#members.delete(name.toLowerCase())) return []
    return this.#toAll(`* ${name} left, ${this.#members.size} here`)
  }

  /** @throws {RangeError} when a whisper goes to nobody */
  act(name: string, command: Exclude<Command, { kind: 'leave' }>): Delivery<M>[] {
    switch (command.kind) {
      case 'say':
        return this.#toAll(`<${name}> ${command.text}`)
      case 'emote':
        return this.#toAll(`* ${name} ${command.text}`)
      case 'who':
        return [{ to: this.#find(name), line: `* here: ${this.#names().join(', ')}` }]
      case 'whisper':
        return [
          { to: this.#find(command.to), line: `${name} whispers: ${command.text}` },
          { to: this.#find(name), line: `you whisper to ${command.to}: ${command.text}` },
        ]
    }
  }

  #find(name: string): M {
    const found = this.#members.get(name.toLowerCase())
    if (found === undefined) throw new RangeError(`${name} is not here`)
    return found.member
  }

  #names(): string[] {
    return [...this.#members.values()].map(({ name }) => name)
  }

  #toAll(line: string): Delivery<M>[] {
    this.#history.push(line)
    if (this.#history.length > ROOM.history) this.#history.shift()
    return [...this.#members.values()].map(({ member }) => ({ to: member, line }))
  }
}
