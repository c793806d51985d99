// What the macros cost to compile: `node tests/compile_time/measure.mjs [runs]` prints the
// table of docs/compile-time.md. Crates of many procedures are compiled with and without our
// attributes, from nothing but their dependencies and after an edit of one function.

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { library } from './crate.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target')
const folder = join(target, 'compile_time')
const runs = Number(process.argv[2] ?? 3)
const sizes = [50, 100, 200]

const manifest = name => `[package]
name = "${name}"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
futures = { version = "0.3", default-features = false, features = ["std"] }
orpc-runtime = { path = "${join(root, 'orpc-runtime')}" }
schemars = "1"
serde = { version = "1", features = ["derive"] }
`

/** A crate in a folder of its own; all of them share the dependencies that are built. */
class Crate {
  constructor(count, with_attributes) {
    this.name = `${with_attributes ? 'with' : 'without'}-${count}`
    this.folder = join(folder, this.name)
    this.text = library(count, with_attributes)
    this.edits = 0
    rmSync(this.folder, { recursive: true, force: true })
    mkdirSync(join(this.folder, 'src'), { recursive: true })
    writeFileSync(join(this.folder, 'Cargo.toml'), manifest(this.name))
    copyFileSync(join(root, 'Cargo.lock'), join(this.folder, 'Cargo.lock'))
    this.write()
  }

  write() {
    writeFileSync(join(this.folder, 'src/lib.rs'), this.text)
  }

  /** Changes the body of one function in the middle. */
  edit() {
    const places = [...this.text.matchAll(/\/\* EDITED \*\/ \d+/g)]
    const { index, 0: found } = places[Math.floor(places.length / 2)]
    this.edits += 1
    const edited = `/* EDITED */ ${this.edits}`
    this.text = this.text.slice(0, index) + edited + this.text.slice(index + found.length)
    this.write()
  }

  /** Runs Cargo and gives the seconds that it took and those of the processor. */
  cargo(...commands) {
    const env = { ...process.env, CARGO_TARGET_DIR: join(folder, 'target'), TIMEFORMAT: '%R %U %S' }
    for (const name of Object.keys(env)) {
      if (name.startsWith('CARGO_PROFILE') || name === 'CARGO_INCREMENTAL' || name === 'RUSTFLAGS') delete env[name]
    }
    const line = `time cargo ${commands.join(' ')} --quiet --offline`
    const { status, stderr } = spawnSync('bash', ['-c', line], { cwd: this.folder, env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${line} in ${this.folder}:\n${stderr}`)
    const [wall, user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number)
    return { wall, cpu: user + system }
  }

  measure(command) {
    const clean = []
    const edited = []
    this.cargo(command)
    for (let run = 0; run < runs; run += 1) {
      this.cargo('clean', '--package', this.name)
      clean.push(this.cargo(command))
      this.edit()
      edited.push(this.cargo(command))
    }
    return { clean: fastest(clean), edited: fastest(edited) }
  }
}

/** The run that was disturbed least. */
function fastest(times) {
  return times.toSorted((a, b) => a.wall - b.wall)[0]
}

const seconds = number => number.toFixed(2)
const columns = [
  ['check', 'clean'],
  ['check', 'edited'],
  ['build', 'clean'],
  ['build', 'edited'],
]

const measured = []
for (const count of sizes) {
  for (const with_attributes of [false, true]) {
    const crate = new Crate(count, with_attributes)
    const times = { check: crate.measure('check'), build: crate.measure('build') }
    measured.push({ count, with_attributes, times })
    console.error(crate.name, JSON.stringify(times))
  }
}

const time = (count, with_attributes, [command, state]) =>
  measured.find(it => it.count === count && it.with_attributes === with_attributes).times[command][state]

console.log(`${cpus().length} cores (${cpus()[0].model}), ${version()}: seconds, in parentheses those of the`)
console.log(`processor, of the fastest of ${runs} runs.\n`)
console.log('| procedures | | check | check after an edit | build | build after an edit |')
console.log('|---:|---|---:|---:|---:|---:|')
for (const count of sizes) {
  for (const with_attributes of [false, true]) {
    const cells = columns.map(column => {
      const { wall, cpu } = time(count, with_attributes, column)
      return `${seconds(wall)} (${seconds(cpu)})`
    })
    console.log(`| ${count} | ${with_attributes ? 'with' : 'without'} | ${cells.join(' | ')} |`)
  }
  const ratios = columns.map(column => seconds(time(count, true, column).wall / time(count, false, column).wall))
  console.log(`| | ratio | ${ratios.join(' | ')} |`)
}

console.log('\n| milliseconds for one procedure more | check | check after an edit | build | build after an edit |')
console.log('|---|---:|---:|---:|---:|')
for (let index = 1; index < sizes.length; index += 1) {
  const [from, to] = [sizes[index - 1], sizes[index]]
  for (const with_attributes of [false, true]) {
    const cells = columns.map(column => {
      const more = time(to, with_attributes, column).wall - time(from, with_attributes, column).wall
      return ((more / (to - from)) * 1000).toFixed(1)
    })
    console.log(`| ${from} to ${to}, ${with_attributes ? 'with' : 'without'} | ${cells.join(' | ')} |`)
  }
}

function version() {
  return spawnSync('rustc', ['--version'], { encoding: 'utf8' }).stdout.trim()
}
