// Checks that the code of a chapter needs nothing that its reader does not see: all lines of a file are in the regions
// of one chapter, except its tests, and commands of the chapter add the crates, features and npm packages that the code
// names. The quickstart adds those that every chapter has.
import { readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const docs = dirname(fileURLToPath(import.meta.url))
const snippets = join(docs, 'snippets')
const failures = []
const fail = (file, text) => failures.push(`${relative(dirname(docs), file)}: ${text}`)

/** Crates and packages of the quickstart, and those that a project of a framework has. */
const KNOWN_CRATES = new Set(['axum', 'orpc_runtime', 'serde', 'tokio'])
const KNOWN_PACKAGES = new Set(['@orpc/client', '@sveltejs/kit', 'next', 'react', 'react-router', 'solid-js', 'svelte', 'vue'])

/** Cargo features of `orpc-runtime`, by what needs them. */
const FEATURES = [
  ['chrono', /\bchrono::/],
  ['durable', /\borpc_runtime::durable\b/],
  ['nats', /\.nats\(/],
  ['proxy', /\bWebSocketProxy\b/],
  ['publish-http', /\borpc_runtime::publishing\b/],
  ['redb', /\.open\(path, Durability|StatefulRooms::<.*>::open\(/],
  ['redis', /\.redis\(|\bRedisStore\b/],
]

/** Code for other servers. */
const OTHERS = /^snippets\/(?:others\/|ts\/migration\/server\.ts)/

/** Lines that put a file into its place in the crate of the book. */
const WIRING = /^\s*(?:pub mod \w+(?: \{|;)|#\[path = .*\]|use (?:crate|self|super)::.*;|use .*; \/\/ as above|\}|const _: .*;|export .*)$/

const sections = (manifest) => readFileSync(join(snippets, manifest), 'utf8').split(/^\[/m).filter((text) => /^(?:dev-)?dependencies\]/.test(text))
const crates = new Set(
  ['Cargo.toml', 'worker/Cargo.toml'].flatMap(sections).flatMap((text) => [...text.matchAll(/^([a-z][\w-]*)(?:\.workspace)? =/gm)])
    .map(([, name]) => name.replaceAll('-', '_')),
)

/** The regions of a file by name, and the lines outside of them. */
function parse(file) {
  const regions = new Map()
  const outside = []
  let current = null
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, mark, name] = /^\s*\/\/ #(region|endregion) (\S+)$/.exec(line) ?? []
    if (mark === 'region') regions.set((current = name), [])
    else if (mark) current = null
    else (current ? regions.get(current) : outside).push(line)
  }
  return { regions, outside }
}

const without = (lines) => lines.filter((line) => !/^\s*\/\//.test(line)).join('\n')

const showsAll = (text, file, regions) => [...regions.keys()].every((name) => text.includes(`${relative(docs, file)}#${name}`))

/** The chapters that show a file. */
const shownBy = new Map()
for (const name of readdirSync(docs).filter((name) => name.endsWith('.md'))) {
  const chapter = join(docs, name)
  const text = readFileSync(chapter, 'utf8')
  const commands = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, commands]) => commands).join('\n')
  const adds = (pattern) => commands.split('\n').some((line) => pattern.test(line))
  const code = { rust: '', typescript: '' }
  for (const [, target] of text.matchAll(/^\s*<<< (@\/snippets\/\S+)/gm)) {
    const [path, region] = target.slice(2).replace(/\{.*\}$/, '').split('#')
    const file = resolve(docs, path)
    const shown = /\.rs$/.test(file) ? 'rust' : /\.(?:tsx?|vue|svelte)$/.test(file) ? 'typescript' : undefined
    if (!shown || OTHERS.test(path)) continue
    const { regions } = parse(file)
    shownBy.set(file, [...(shownBy.get(file) ?? []), chapter])
    // One region of a file alone is repeated from another chapter, which the text names.
    if (region && !showsAll(text, file, regions)) continue
    code[shown] += `${without(region ? regions.get(region) ?? [] : readFileSync(file, 'utf8').split('\n'))}\n`
  }
  if (basename(chapter) === 'quickstart.md') continue

  for (const crate of new Set([...code.rust.matchAll(/(?<![:\w])([a-z_][a-z0-9_]*)::/g)].map(([, crate]) => crate))) {
    if (!crates.has(crate) || KNOWN_CRATES.has(crate)) continue
    const names = crate.replaceAll('_', '[_-]')
    if (!adds(new RegExp(`cargo add .*\\b${names}\\b`))) fail(chapter, `no \`cargo add ${crate.replaceAll('_', '-')}\``)
  }
  for (const [feature, pattern] of FEATURES) {
    if (!pattern.test(code.rust)) continue
    if (!adds(new RegExp(`cargo add .*orpc-runtime .*--features .*\\b${feature}\\b`))) fail(chapter, `no \`cargo add orpc-runtime --features ${feature}\``)
  }
  // The generated client is that of every chapter; other files have their names in the text or above their code.
  const listed = text.replaceAll(/^\s*<<< \S+/gm, '')
  for (const [, path] of code.typescript.matchAll(/\bfrom '\.\/([^']*)'/g)) {
    if (path !== 'client' && !new RegExp(`\\b${path.replace(/\.\w+$/, '')}\\.\\w`).test(listed)) fail(chapter, `no file is named ${path}`)
  }
  for (const [, from] of code.typescript.matchAll(/\bfrom '([^'.][^']*)'/g)) {
    const [npm] = /^(?:@[^/]+\/)?[^/]+/.exec(from)
    if (KNOWN_PACKAGES.has(npm)) continue
    if (!adds(new RegExp(`npm install .*(?<![\\w-])${npm.replace(/^@orpc-rust\//, '')}(?![\\w-])`))) fail(chapter, `no \`npm install ${npm}\``)
  }
}

for (const [file, chapters] of shownBy) {
  const { regions, outside } = parse(file)
  if (regions.size === 0) continue
  if (!chapters.some((chapter) => showsAll(readFileSync(chapter, 'utf8'), file, regions))) {
    fail(file, `no chapter shows all regions: ${[...regions.keys()].join(', ')}`)
  }
  const tests = outside.findIndex((line) => /^#\[(?:cfg\(test\)|test)\]$/.test(line))
  for (const line of tests < 0 ? outside : outside.slice(0, tests)) {
    if (line.trim() && !/^\s*\/\//.test(line) && !WIRING.test(line)) fail(file, `outside of the regions: ${line.trim()}`)
  }
}

if (failures.length > 0) {
  console.error([...new Set(failures)].join('\n'))
  process.exit(1)
}
console.log('the code of the chapters is complete')
