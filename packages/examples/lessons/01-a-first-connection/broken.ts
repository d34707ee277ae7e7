// The failing version: calling before anybody listens.
import { AF_INET, SOCK_STREAM, socket } from '@sluice/socket'

// #region broken
const client = socket(AF_INET, SOCK_STREAM)
await client.connect(['127.0.0.1', 8081])
// #endregion
