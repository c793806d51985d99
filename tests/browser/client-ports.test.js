// The cases of tests/client/cases by message ports, with the procedures of the conformance server in a worker.
import assert from "node:assert/strict";
import { runCases } from "./support/cases.js";
import { WORKER } from "./support/environment.js";
import { fileNames } from "./support/file-names.js";

const used = ({ requests, sockets }) => assert.deepEqual([requests, sockets], [0, 0], "nothing leaves the page");

runCases("ports", fileNames("over ports"), used, WORKER);
