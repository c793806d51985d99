import assert from "node:assert/strict";

/** Number and epoch of an event's id. */
export function partsOf(id) {
  const [, epoch, sequence] = /^([0-9a-f]{32})\.([1-9][0-9]*)$/.exec(id) ?? assert.fail(`${id} is no id of an event`);
  return { epoch, sequence: Number(sequence) };
}

/**
 * Knows of every attempt to publish `{ n, attempt }` whether it was acknowledged, and with which id; of the others
 * the outcome is unknown. Judges what a reader saw from the first event on.
 */
export class Acknowledged {
  /** Acknowledged events, in order. */
  events = [];
  #unknown = new Set();

  get unknown() {
    return this.#unknown.size;
  }

  /** The attempt was acknowledged. */
  add(payload, id) {
    this.events.push({ ...payload, id });
  }

  /** The attempt failed with an unknown outcome. */
  addUnknown({ n, attempt }) {
    this.#unknown.add(`${n}/${attempt}`);
  }

  /** Checks `{ n, attempt, id }` of all events that a reader saw. Returns the number of unacknowledged ones. */
  judge(reader, seen) {
    const ids = new Set(seen.map(({ id }) => id));
    const missing = this.events.filter(({ id }) => !ids.has(id));
    assert.equal(missing.length, 0, `${reader}: ${missing.length} events are lost, ${JSON.stringify(missing[0])} first`);
    const acknowledged = new Set(this.events.map(({ id }) => id));
    const sure = seen.filter(({ id }) => acknowledged.has(id));
    assert.equal(sure.length, this.events.length, `${reader}: each acknowledged event once`);
    // One by one, as a difference of thousands takes minutes to print.
    sure.forEach((event, index) => assert.deepEqual(event, this.events[index], `${reader}: acknowledged event ${index}`));

    const { epoch, sequence } = partsOf(seen[0].id);
    let last;
    seen.forEach((event, index) => {
      const where = `${reader}: event ${index}`;
      assert.deepEqual(partsOf(event.id), { epoch, sequence: sequence + index }, `${where} has the next number`);
      if (!acknowledged.has(event.id)) {
        assert.ok(this.#unknown.has(`${event.n}/${event.attempt}`), `${where} was published: ${JSON.stringify(event)}`);
      }
      // A publisher that publishes one event after the other cannot see them in another order,
      // and so none twice.
      const isLater = !last || event.n > last.n || (event.n === last.n && event.attempt > last.attempt);
      assert.ok(isLater, `${where} comes once and in order: ${JSON.stringify({ last, event })}`);
      last = event;
    });
    return seen.length - sure.length;
  }
}
