// Checks what VitePress does not: that each imported region exists, that all other code blocks are shell
// lines or output, that the links of Markdown files lead to files and headings, and that the files and
// dependencies that the architecture chapter names are those of the repository.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const docs = dirname(fileURLToPath(import.meta.url))
const root = dirname(docs)
const failures = []
const fail = (file, line, text) => failures.push(`${relative(root, file)}:${line}: ${text}`)

const chapters = readdirSync(docs).filter((name) => name.endsWith('.md')).map((name) => join(docs, name))

/** Languages of blocks that are no code of the project: commands, and what they print. */
const allowed = new Set(['sh', 'text'])

const read = new Map()
const linesOf = (file) => {
  if (!read.has(file)) read.set(file, readFileSync(file, 'utf8').split('\n'))
  return read.get(file)
}

function checkImport(chapter, number, target) {
  const [path, region] = target.replace(/\{.*\}$/, '').split('#')
  const file = path.startsWith('@/') ? join(docs, path.slice(2)) : resolve(dirname(chapter), path)
  if (!existsSync(file)) return fail(chapter, number, `no such file: ${path}`)
  if (!region) return
  // VitePress shows the whole file where a region is missing.
  const marks = (word) => linesOf(file).filter((line) => line.trim() === `// #${word} ${region}`).length
  if (marks('region') !== 1 || marks('endregion') !== 1) fail(chapter, number, `no region ${region} in ${path}`)
}

for (const chapter of chapters) {
  let fence = null
  linesOf(chapter).forEach((line, index) => {
    const opening = /^\s*(```+)(\w*)/.exec(line)
    if (fence) {
      if (line.trim() === fence) fence = null
    } else if (opening) {
      fence = opening[1]
      if (!allowed.has(opening[2])) {
        fail(chapter, index + 1, `a block of ${opening[2] || 'no language'}: import it from a file that the tests compile`)
      }
    } else if (line.trim().startsWith('<<< ')) {
      checkImport(chapter, index + 1, line.trim().slice(4).split(' ')[0])
    }
  })
  if (fence) fail(chapter, linesOf(chapter).length, 'a code block is not closed')
}

// The official client takes no relative URL: it fails with `Invalid URL` at the first call.
const inSnippets = readdirSync(join(docs, 'snippets'), { recursive: true })
  .filter((path) => !path.includes('node_modules'))
  .map((path) => join(docs, 'snippets', path))
const inComments = readdirSync(join(root, 'orpc-runtime/src'), { recursive: true }).map((path) => join(root, 'orpc-runtime/src', path))
for (const file of [join(root, 'README.md'), ...inSnippets, ...inComments]) {
  if (!/\.(?:tsx?|md|rs)$/.test(file)) continue
  linesOf(file).forEach((line, index) => {
    if (/RPCLink\(\{ url: ['"`]\//.test(line)) fail(file, index + 1, "no relative URL: new URL('/rpc', location.href)")
  })
}

// As VitePress makes the ids of headings.
const slug = (heading) =>
  heading
    .trim()
    .replace(/[\s~`!@#$%^&*()\-_+=[\]{}|\\;:"'“”‘’<>,.?/]+/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^-+|-+$/g, '')
    .replace(/^(\d)/, '_$1')
    .toLowerCase()

function headings(file) {
  return linesOf(file).filter((line) => /^#+ /.test(line)).map((line) => slug(line.replace(/^#+ /, '')))
}

const outside = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].map((name) => join(root, name))
for (const file of [...outside, ...chapters].filter(existsSync)) {
  linesOf(file).forEach((line, index) => {
    for (const [, target] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path, anchor] = target.split('#')
      const linked = path === '' ? file : path.startsWith('/') ? join(docs, path) : resolve(dirname(file), path)
      const found = [linked, `${linked}.md`, join(docs, 'public', path)].find(existsSync)
      if (!found) fail(file, index + 1, `no such file: ${target}`)
      else if (anchor && found.endsWith('.md') && !headings(found).includes(anchor)) {
        fail(file, index + 1, `no such heading: ${target}`)
      }
    }
  })
}

// The files and folders of the code that are named exist.
const sources = ['orpc-runtime/src', 'orpc-macros/src', 'orpc-runtime', 'orpc-macros', '.']
const names = new Set(
  sources.slice(0, 2).flatMap((base) => readdirSync(join(root, base), { recursive: true })).map((path) => basename(path)),
)
for (const file of [join(root, 'CONTRIBUTING.md'), join(docs, 'architecture.md')]) {
  linesOf(file).forEach((line, index) => {
    for (const [, path] of line.matchAll(/`((?:[\w.-]+\/)+[\w.-]*|[\w-]+\.rs)`/g)) {
      const exists = path.includes('/') ? sources.some((base) => existsSync(join(root, base, path))) : names.has(path)
      if (!exists) fail(file, index + 1, `no such file: ${path}`)
    }
  })
}

// The table of dependencies is whole.
const architecture = readFileSync(join(docs, 'architecture.md'), 'utf8')
for (const manifest of ['orpc-runtime/Cargo.toml', 'orpc-macros/Cargo.toml']) {
  // Those of a target as well, without those of tests.
  for (const [, title, section] of readFileSync(join(root, manifest), 'utf8').matchAll(/^\[(.*)\]\n([^]*?)(?=^\[|$(?![^]))/gm)) {
    if (title !== 'dependencies' && !/^target\..*\.dependencies$/.test(title)) continue
    for (const [, name] of section.matchAll(/^([a-z][\w-]*)(?:\.workspace)? =/gm)) {
      if (!architecture.includes(`| \`${name}\` |`)) fail(join(docs, 'architecture.md'), 1, `no row for the dependency ${name}`)
    }
  }
}

// A limit stands in the documentation of its type and in the chapter, with one default.
const limits = join(docs, 'limits.md')
const LIMITS = [
  ['HttpService', 'serve/http/service.rs', 'Over HTTP'],
  ['WebSocketService', 'serve/websocket/service.rs', 'Over WebSocket, for one socket'],
  ['Serve', 'serve/listen/mod.rs', 'One connection of `orpc_runtime::serve`'],
]

/** The first quantity of a text, such as `1 MiB` or `4,096`; empty if there is none. */
const quantity = (text) => /\d+(?:,\d{3})*(?: (?:[KMG]iB|bytes|m?s)\b)?/.exec(text)?.[0] ?? ''

/** The cells of the rows of a table. */
const cells = (lines) =>
  lines.filter((line) => line.startsWith('| ')).slice(1).map((line) => line.slice(2).split(/ ?\| ?/))

/** The defaults by the settings that change them; those that nothing changes are in a list. */
function defaults(rows, type, settings) {
  const [by, fixed] = [new Map(), []]
  for (const row of rows) {
    const [names, value] = settings(row)
    const own = names.filter(([of]) => !of || of === type)
    for (const [, name] of own) if (!by.has(name)) by.set(name, quantity(value))
    if (names.length === 0) fixed.push(quantity(value))
  }
  return { by, fixed: fixed.sort() }
}

for (const [type, path, heading] of LIMITS) {
  const file = join(root, 'orpc-runtime/src', path)
  const documented = linesOf(file).filter((line) => line.startsWith('/// | ')).map((line) => line.slice(4))
  const rustdoc = defaults(cells(documented), type, ([subject, value]) => [
    [...`${subject} ${value}`.matchAll(/\]\((\w+)::(\w+)\)/g)].map(([, of, name]) => [of, name]),
    value,
  ])
  const start = linesOf(limits).indexOf(`## ${heading}`)
  const section = linesOf(limits).slice(start + 1)
  const end = section.findIndex((line) => line.startsWith('## '))
  const chapter = defaults(cells(section.slice(0, end)), type, ([, value, setting]) => [
    [...setting.matchAll(/`(?:(\w+)::)?(\w+)`/g)].map(([, of, name]) => [of, name]),
    value,
  ])
  if (start < 0 || rustdoc.by.size === 0) fail(limits, 1, `no limits of ${type}`)
  for (const name of new Set([...rustdoc.by.keys(), ...chapter.by.keys()])) {
    const [one, other] = [rustdoc.by.get(name), chapter.by.get(name)]
    if (one === undefined) fail(file, 1, `no row for ${name}, which docs/limits.md has`)
    else if (other === undefined) fail(limits, start + 1, `no row for ${type}::${name}, which ${path} has`)
    else if (one !== other) fail(limits, start + 1, `${type}::${name} is ${other} here, and ${one} in ${path}`)
  }
  if (`${rustdoc.fixed}` !== `${chapter.fixed}`) {
    fail(limits, start + 1, `the fixed limits of ${type} are ${chapter.fixed} here, and ${rustdoc.fixed} in ${path}`)
  }
}

if (failures.length > 0) {
  console.error(failures.join('\n'))
  process.exit(1)
}
console.log(`${chapters.length} chapters: imports, blocks and links are in order`)
