// Does what the quickstart says, in an empty folder: runs each command of the page, writes each file, and compares what
// a command prints with the block of text below it. The crates are those that `cargo package` makes, unpacked where the
// page expects the clone.
//
// The port of the page is replaced by a free one. CARGO_TARGET_DIR shares compiled dependencies between runs.
import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const docs = dirname(fileURLToPath(import.meta.url))
const root = dirname(docs)
const PORT = '127.0.0.1:3000'
/** Time for the server to be built and to listen, in milliseconds. */
const START = 300_000

const seconds = () => Math.round(performance.now() / 1000)
const say = (text) => console.log(`== ${text} (${seconds()} s)`)

/** The steps of the page: the blocks of commands and of text, and the imported files that have a name. */
function steps(page) {
  const found = []
  const lines = page.split('\n')
  for (let at = 0; at < lines.length; at += 1) {
    const [, language] = /^```(sh|text)$/.exec(lines[at]) ?? []
    const [, path, region, label] = /^<<< @\/([^#\s]+)(?:#(\S+))? \[(.+)\]$/.exec(lines[at]) ?? []
    if (language) {
      const end = lines.indexOf('```', at + 1)
      found.push({ kind: language, text: lines.slice(at + 1, end).join('\n') })
      at = end
    } else if (path) {
      const [, isEnd, name] = /^(end of )?(\S+)$/.exec(label) ?? []
      if (!name) throw new Error(`no name of a file: ${label}`)
      found.push({ kind: 'file', name, append: Boolean(isEnd), text: imported(path, region) })
    }
  }
  return found
}

/** The text that VitePress shows for an import. */
function imported(path, region) {
  const text = readFileSync(join(docs, path), 'utf8')
  if (!region) return text
  const [, inside] = text.split(`// #region ${region}\n`)
  return inside.split(`// #endregion ${region}`)[0]
}

/** Runs a command to its end, and returns the text of each stream. */
function run(command, args, options) {
  const done = spawnSync(command, args, { encoding: 'utf8', timeout: START, ...options })
  if (done.status === 0) return done.output
  throw new Error(`${[command, ...args].join(' ')} failed\n${done.stdout}\n${done.stderr}\n${done.error ?? ''}`)
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

/** Waits until the server accepts connections; fails if it ends before. */
function listening(server, port) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the server does not listen')), START)
    const fail = (code) => reject(new Error(`the server ended with ${code}`))
    server.once('exit', fail)
    const attempt = () => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => {
        clearTimeout(late)
        server.off('exit', fail)
        socket.destroy()
        resolve()
      })
      socket.once('error', () => server.exitCode === null && setTimeout(attempt, 100))
    }
    attempt()
  })
}

/** Unpacks the packages of both crates where the page has the clone, and lets cargo take the macros from there. */
function unpackCrates(folder) {
  const packages = join(folder, 'packages')
  run('cargo', ['package', '--quiet', '--allow-dirty', '--no-verify', '--target-dir', packages,
    '-p', 'orpc-runtime', '-p', 'orpc-runtime-macros'], { cwd: root })
  const clone = join(folder, 'orpc-runtime')
  const folders = { 'orpc-runtime-macros': 'orpc-macros', 'orpc-runtime': 'orpc-runtime' }
  for (const name of readdirSync(join(packages, 'package')).filter((name) => name.endsWith('.crate'))) {
    const to = join(clone, folders[name.replace(/-\d[^-]*\.crate$/, '')])
    mkdirSync(to, { recursive: true })
    run('tar', ['xzf', join(packages, 'package', name), '--strip-components=1', '-C', to])
  }
  mkdirSync(join(folder, '.cargo'))
  const macros = JSON.stringify(join(clone, 'orpc-macros'))
  writeFileSync(join(folder, '.cargo/config.toml'), `[patch.crates-io]\norpc-runtime-macros = { path = ${macros} }\n`)
}

const folder = mkdtempSync(join(tmpdir(), 'quickstart-'))
let server
try {
  say(`packaging the crates, in ${folder}`)
  unpackCrates(folder)
  const port = await freePort()
  const page = readFileSync(join(docs, 'quickstart.md'), 'utf8').split('\n## Errors you may see')[0]
  const all = steps(page)
  // The files of the page are those of the package, whichever folder a terminal is in.
  const project = join(folder, 'hello')
  let current = folder
  let printed
  let compared = 0
  for (const { kind, text, name, append } of all) {
    if (kind === 'file') {
      say(`writing ${name}`)
      const write = append ? appendFileSync : writeFileSync
      write(join(project, name), (append ? '\n' : '') + text.replaceAll(PORT, `127.0.0.1:${port}`))
    } else if (kind === 'text') {
      if (printed?.trim() !== text.trim()) throw new Error(`the page has\n${text}\nbut this was printed:\n${printed}`)
      compared += 1
    } else {
      for (const line of text.split('\n')) {
        say(`${relative(folder, current) || '.'}$ ${line}`)
        if (line === 'cargo run') {
          server = spawn('cargo', ['run'], { cwd: current, stdio: 'inherit', detached: true })
          await listening(server, port)
        } else {
          const stdio = ['ignore', 'pipe', 'inherit', 'pipe']
          const streams = run('bash', ['-euc', `${line}\npwd >&3`], { cwd: current, stdio })
          printed = streams[1]
          current = streams[3].trim()
          // Versions of the dependencies are those that the crates are tested with.
          if (line.startsWith('cargo new')) copyFileSync(join(root, 'Cargo.lock'), join(current, 'Cargo.lock'))
        }
      }
    }
  }
  if (!server || compared === 0) throw new Error('the page has no server, or no answer to compare')
  say('the quickstart works as the page says')
} finally {
  if (server?.exitCode === null) process.kill(-server.pid)
  rmSync(folder, { recursive: true, force: true })
}
