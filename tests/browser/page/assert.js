// Stands in for node:assert/strict in the page. A case that uses more of it than this fails.
import { assert, config } from "chai";

// A message that leaves out the difference is of no use.
config.truncateThreshold = 0;

export default {
  ok: assert.isOk,
  equal: assert.strictEqual,
  notEqual: assert.notStrictEqual,
  deepEqual: assert.deepStrictEqual,
  match: assert.match,
  doesNotMatch: assert.notMatch,
  fail: (message) => assert.fail(message),
};
