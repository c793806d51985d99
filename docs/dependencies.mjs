// Prints the dependencies of orpc-runtime with every feature: lines of Rust, and the packages that would
// leave with each one alone. The table of the architecture chapter has these figures.
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

const json = execFileSync('cargo', ['metadata', '--all-features', '--format-version', '1', '--locked'], {
  maxBuffer: 1 << 28,
})
const { packages, resolve } = JSON.parse(json)
const byId = new Map(packages.map((it) => [it.id, it]))
const nodes = new Map(resolve.nodes.map((node) => [node.id, node]))

const needed = (node) =>
  node.deps.filter(({ dep_kinds }) => dep_kinds.some(({ kind }) => kind !== 'dev')).map(({ pkg }) => pkg)

function reached(from, without) {
  const found = new Set([from])
  for (const id of found) {
    for (const next of needed(nodes.get(id))) if (!(id === from && next === without)) found.add(next)
  }
  return found
}

function lines(folder) {
  let sum = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) sum += lines(path)
    else if (entry.name.endsWith('.rs')) sum += readFileSync(path, 'utf8').split('\n').length
  }
  return sum
}

for (const name of ['orpc-runtime', 'orpc-runtime-macros']) {
  const root = packages.find((it) => it.name === name).id
  const all = reached(root, null)
  console.log(`${name}: ${all.size - 1} packages`)
  for (const id of needed(nodes.get(root))) {
    const { name, version, manifest_path } = byId.get(id)
    const alone = all.size - reached(root, id).size
    console.log(`${name} ${version} ${lines(join(dirname(manifest_path), 'src'))} ${alone}`)
  }
}
