// Beside the claims: who else answers `Hello, World!`, how much of it a second of CPU time, and who is ahead. Every one
// sends a date, a type and a length. There are no goals; docs/performance.md says why each stands where it does.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { HELLO } from './servers.mjs'

const runtimes = resolve('tools/runtimes/node_modules/.bin')
const fastify = resolve('tools/rivals/node_modules/fastify/fastify.js')
const isHere = (command) =>
  spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0

const GO = `package main

import ("fmt"; "io"; "net"; "net/http")

func main() {
  listener, _ := net.Listen("tcp", "127.0.0.1:0")
  fmt.Printf("port %d\\n", listener.Addr().(*net.TCPAddr).Port)
  http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
    w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
    io.WriteString(w, "Hello, World!")
  }))
}
`

const PYTHON = `
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Hello(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = -1
    disable_nagle_algorithm = True
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain;charset=UTF-8')
        self.send_header('Content-Length', '13')
        self.end_headers()
        self.wfile.write(b'Hello, World!')
    def log_message(self, *args):
        pass
class Server(ThreadingHTTPServer):
    request_queue_size = 4096
    def handle_error(self, *args):
        pass # The load resets its connections when its time is over.
server = Server(('127.0.0.1', 0), Hello)
print('port', server.server_port, flush=True)
server.serve_forever()
`

const others = [
  [
    'fastify',
    existsSync(fastify),
    async () => {
      const { default: create } = await import(fastify)
      const app = create()
      app.get('/', (_request, reply) => {
        reply.type('text/plain;charset=UTF-8').send('Hello, World!')
      })
      await app.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
      return app.server.address().port
    },
  ],
  [
    'Bun.serve',
    existsSync(`${runtimes}/bun`),
    {
      program: () => [
        `${runtimes}/bun`,
        '-e',
        `const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('Hello, World!') })
        console.log('port ' + server.port)`,
      ],
    },
  ],
  [
    'Deno.serve',
    existsSync(`${runtimes}/deno`),
    {
      program: () => [
        `${runtimes}/deno`,
        'eval',
        `const onListen = ({ port }) => console.log('port ' + port)
        Deno.serve({ hostname: '127.0.0.1', port: 0, onListen }, () => new Response('Hello, World!'))`,
      ],
    },
  ],
  ["Go's net/http", isHere('go'), { program: built }],
  ['nginx', isHere('nginx'), { program: nginx }],
  ["Python's ThreadingHTTPServer", isHere('python3'), { python: PYTHON }],
]

const here = others.filter(([, isInstalled]) => isInstalled)
const gone = others.filter(([, isInstalled]) => !isInstalled).map(([name]) => name)

export const claim = {
  what: `hello, keep-alive, 64 connections, beside servers of others${gone.length > 0 ? `; not installed: ${gone.join(', ')}` : ''}`,
  unit: 'request',
  load: { kind: 'http', connections: 64, pipelined: 1 },
  candidates: {
    ...HELLO,
    ...Object.fromEntries(here.map(([name, , candidate]) => [name, candidate])),
  },
  rows: ['node:http', ...here.map(([name]) => name)].map((theirs) => ({ ours: 'serve', theirs })),
}

function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** `go run` would be measured itself, not what it starts. */
function built() {
  const folder = newFolder()
  writeFileSync(`${folder}/hello.go`, GO)
  const { status, stderr } = spawnSync('go', [
    'build',
    '-o',
    `${folder}/hello`,
    `${folder}/hello.go`,
  ])
  if (status !== 0) throw new Error(`go build: ${stderr}`)
  return [`${folder}/hello`]
}

function nginx() {
  const port = freePort()
  const folder = newFolder()
  writeFileSync(
    `${folder}/nginx.conf`,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
    events { worker_connections 1024; }
    http {
      access_log off; keepalive_requests 100000000; client_body_temp_path ${folder}/body;
      proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      server {
        listen 127.0.0.1:${port} backlog=4096;
        default_type "text/plain;charset=UTF-8";
        location / { return 200 "Hello, World!"; }
      }
    }`,
  )
  // It says nothing of its own when it is ready.
  return ['sh', '-c', `(sleep 1; echo port ${port}) & exec nginx -c ${folder}/nginx.conf`]
}

/** A port that was free just now, for a program that can't be given 0. */
function freePort() {
  const program = `const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close() })`
  return Number(spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout)
}
