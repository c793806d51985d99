/** Reads an event iterator to its end: all values and the value that it returned. */
export async function drain(iterator) {
  const values = [];
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return { values, returned: value };
    values.push(value);
  }
}

/** Reads an event iterator until it fails: the values before, and the error. */
export async function drainToError(iterator) {
  const values = [];
  try {
    for await (const value of iterator) values.push(value);
  } catch (error) {
    return { values, error };
  }
  throw new Error(`the stream was to fail, but ended after ${values.length} values`);
}

/** The next `count` values of an event iterator that go through `filter`. */
export async function take(iterator, count, filter = () => true) {
  const values = [];
  while (values.length < count) {
    const { done, value } = await iterator.next();
    if (done) throw new Error(`the stream ended after ${values.length} of ${count} values`);
    if (filter(value)) values.push(value);
  }
  return values;
}

/** `{ n: from }` to `{ n: from + count - 1 }`. */
export const numbered = (count, from = 0) => Array.from({ length: count }, (_, index) => ({ n: from + index }));
