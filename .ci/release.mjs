// Steps of a release, for .github/workflows/publish.yml.
//
//   node .ci/release.mjs version 0.1.0    fails unless it is the version of every package
//   node .ci/release.mjs crates           publishes the crates, each after those that it depends on
//   node .ci/release.mjs crates --dry-run packages and lists them alone
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Workspaces with crates that are published. */
const WORKSPACES = ['Cargo.toml', 'orpc-cloudflare/Cargo.toml']
const NPM = ['packages/durable-iterator/package.json']

const fail = (text) => {
  console.error(`.ci/release.mjs: ${text}`)
  process.exit(1)
}

function cargo(args, options) {
  return spawnSync('cargo', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, ...options })
}

/** The crates that are published, each after those that it depends on. */
function crates() {
  const found = new Map()
  for (const manifest of WORKSPACES) {
    const { status, stdout, stderr } = cargo(['metadata', '--no-deps', '--format-version', '1', '--manifest-path', manifest])
    if (status !== 0) fail(stderr)
    for (const one of JSON.parse(stdout).packages) if (one.publish === null) found.set(one.name, one)
  }
  const ordered = new Set()
  const add = (one) => {
    for (const { name, kind } of one.dependencies) if (kind !== 'dev' && found.has(name)) add(found.get(name))
    ordered.add(one)
  }
  for (const one of found.values()) add(one)
  return [...ordered]
}

/** Returns `true` if the registry has that version. */
function isPublished({ name, version }) {
  const { status, stderr } = cargo(['info', '--registry', 'crates-io', `${name}@${version}`])
  if (status !== 0 && !/could not find `/.test(stderr)) fail(stderr)
  return status === 0
}

const [step, option] = process.argv.slice(2)
if (step === 'version') {
  const packages = [...crates(), ...NPM.map((path) => JSON.parse(readFileSync(join(root, path), 'utf8')))]
  const others = packages.filter(({ version }) => version !== option)
  if (others.length > 0) fail(`the tag is ${option}: ${others.map(({ name, version }) => `${name} is ${version}`).join(', ')}`)
  console.log(`${packages.length} packages have version ${option}`)
} else if (step === 'crates') {
  const isDry = option === '--dry-run'
  for (const one of crates()) {
    const words = ['--manifest-path', one.manifest_path]
    if (isDry) {
      const { status, stdout, stderr } = cargo(['package', '--list', '--allow-dirty', ...words])
      if (status !== 0) fail(stderr)
      console.log(`${one.name} ${one.version}: ${stdout.trim().split('\n').length} files`)
    } else if (isPublished(one)) {
      console.log(`${one.name} ${one.version} is published already`)
    } else {
      // Cargo waits until the registry has the crate, so the next one finds it.
      const { status } = cargo(['publish', ...words], { stdio: 'inherit' })
      if (status !== 0) fail(`${one.name} was not published`)
    }
  }
} else {
  fail('the steps are `version` and `crates`')
}
