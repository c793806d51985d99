import { suite } from "./cases/index.mjs";
import { httpLink } from "./support/http-link.mjs";

suite("over HTTP", httpLink);
