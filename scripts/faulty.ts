/** The machine of which one call fails, for the tests of every layer above the sockets: it is theirs, see there. */
export {
  everyFault,
  type FaultySystem,
  faultySystem,
  Handles,
  type Kind,
} from '../packages/socket/test/faulty.ts'
