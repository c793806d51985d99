import { describe } from "node:test";
import { TIME_LIMIT } from "../support/eventually.mjs";
import { errors } from "./errors.mjs";
import { files, largeFiles } from "./files.mjs";
import { inputStreams } from "./input-streams.mjs";
import { lifetimes } from "./lifetimes.mjs";
import { load } from "./load.mjs";
import { manyCalls } from "./many-calls.mjs";
import { manyStreams } from "./many-streams.mjs";
import { hibernatingPublisher, publisher } from "./publisher.mjs";
import { results } from "./results.mjs";
import { socketEnds } from "./socket-ends.mjs";
import { streams } from "./streams.mjs";
import { validation } from "./validation.mjs";
import { values } from "./values.mjs";

/** Cases of the server for every link. */
export const CASES = [results, validation, values, files, errors, streams, publisher, lifetimes, load];

/** The same, and cases of links whose messages do not bound files. */
export const HTTP_CASES = [...CASES, largeFiles];

/** Cases for every link, and for one socket that carries many calls. */
export const SOCKET_CASES = [...CASES, hibernatingPublisher, manyCalls, manyStreams, inputStreams, socketEnds];

/** Declares cases for the clients that `useWorld` gives. Nothing here needs Node, so that browsers can run it too. */
export function suite(name, cases, useWorld) {
  describe(name, TIME_LIMIT, () => {
    const world = useWorld();
    for (const declare of cases) declare(world);
  });
}
