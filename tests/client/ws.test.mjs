import { suite } from "./cases/index.mjs";
import { wsLink } from "./support/ws-link.mjs";

suite("over WebSocket", wsLink);
