// Replaces node:test in the page: it records the declared cases, and runs one of them on request. Node selects,
// times and reports them: see support/cases.js.

const root = { children: [], cleanups: [] };
let group = root;
const cases = [];

export function describe(name, ...rest) {
  const outer = group;
  group = { name, children: [], cleanups: [], outer };
  outer.children.push(group);
  try {
    // The limit of concurrent cases is for other runners: here cases run one after another.
    rest.at(-1)();
  } finally {
    group = outer;
  }
}

export function it(name, ...rest) {
  group.children.push({ name, id: cases.length });
  cases.push({ body: rest.at(-1), group });
}

/** Runs after each case of the surrounding `describe`. */
export const afterEach = (cleanup) => group.cleanups.push(cleanup);

/** The declared cases: groups with their `children`, and cases with their `id`, each by its name. */
export const list = (from = root) =>
  from.children.map(({ name, id, ...inner }) => (inner.children ? { name, children: list(inner) } : { name, id }));

/** Runs one case, and returns the error that it failed with, if it did. */
export async function run(id) {
  const { body, group } = cases[id];
  try {
    try {
      await body();
    } finally {
      for (let of = group; of; of = of.outer) for (const cleanup of of.cleanups) await cleanup();
    }
  } catch (error) {
    return { name: `${error?.name}`, message: `${error?.message ?? error}`, stack: `${error?.stack ?? error}` };
  }
  return undefined;
}
