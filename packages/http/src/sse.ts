/** `@sluice/http/sse`: server-sent events, read and sent; and their text by itself. */
export {
  type EventFields,
  type EventMessage,
  EventStreamParser,
  formatEvent,
} from './core/event-stream.ts'
export {
  type EventResponse,
  type FollowEventsOptions,
  followEvents,
  type ReadEventsOptions,
  readEvents,
} from './io/event-source.ts'
export {
  EventStream,
  type EventStreamOptions,
  type SendEventsOptions,
  sendEvents,
} from './io/event-stream.ts'
