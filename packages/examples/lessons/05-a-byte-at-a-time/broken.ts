// The failing version: a parser that takes a piece of the stream for a message.

// The pieces in which the network brought one request.
const pieces = ['POST /hel', 'lo HTTP/1.1\r\nHost: exam', 'ple\r\nContent-Length: 2\r\n\r\n', 'hi']

// #region broken
for (const piece of pieces) {
  const [line = ''] = piece.split('\r\n')
  const [method, target] = line.split(' ')
  console.log(`a request: ${method} for ${target}`)
}
// #endregion
