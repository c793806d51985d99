import { describe } from "node:test";
import { TIME_LIMIT } from "../support/eventually.mjs";
import { useWorld } from "../support/world.mjs";
import { errors } from "./errors.mjs";
import { lifetimes } from "./lifetimes.mjs";
import { load } from "./load.mjs";
import { results } from "./results.mjs";
import { streams } from "./streams.mjs";
import { validation } from "./validation.mjs";
import { values } from "./values.mjs";

/** Everything that must be true of the server whatever link its procedures are called over. */
export function suite(name, makeLink) {
  describe(name, TIME_LIMIT, () => {
    const world = useWorld(makeLink);
    results(world);
    validation(world);
    values(world);
    errors(world);
    streams(world);
    lifetimes(world);
    load(world);
  });
}
