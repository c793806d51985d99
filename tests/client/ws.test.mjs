import { SOCKET_CASES, suite } from "./cases/index.mjs";
import { wsLink } from "./support/ws-link.mjs";
import { useWorld } from "./support/world.mjs";

suite("over WebSocket", SOCKET_CASES, () => useWorld(wsLink));
