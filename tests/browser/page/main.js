// The page: the cases of the official client, for the link that its address names.
import { CASES, SOCKET_CASES, suite } from "../../client/cases/index.mjs";
import { openShared, ports } from "../../client/cases/ports.mjs";
import { portLinks } from "../../client/support/browser-port-link.mjs";
import { browserWsLink } from "../../client/support/browser-ws-link.mjs";
import { Clients } from "../../client/support/clients.mjs";
import { httpLink } from "../../client/support/http-link.mjs";
import { afterEach, list, run } from "./runner.js";

const SUITES = {
  fetch: { cases: CASES, makeLink: httpLink },
  websocket: { cases: SOCKET_CASES, makeLink: browserWsLink },
  ports: { cases: [...SOCKET_CASES, ports], makeLinks: portLinks },
};

/** A way to the server that can be cut. It is below the origin of the page, since the server refuses other origins. */
async function openLine(origin) {
  const id = await window.openLine();
  return { origin: `${origin}/line/${id}`, cut: () => window.cutLine(id), close: () => window.closeLine(id) };
}

function useClients({ makeLinks = ({ makeLink }) => ({ makeLink, openLine }), ...suite }) {
  const links = makeLinks(suite);
  const clients = new Clients(links.makeLink, links.openLine);
  clients.origin = location.origin;
  // A browser has few sockets: those of one case are closed before the next.
  afterEach(() => clients.disconnect());
  return clients;
}

const link = new URLSearchParams(location.search).get("link");
suite(`over ${link}`, SUITES[link].cases, () => useClients(SUITES[link]));

window.cases = { list, run };
window.openShared = openShared;
