import { HTTP_CASES, suite } from "./cases/index.mjs";
import { httpLink } from "./support/http-link.mjs";
import { useWorld } from "./support/world.mjs";

suite("over HTTP", HTTP_CASES, () => useWorld(httpLink));
