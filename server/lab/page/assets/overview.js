// Sockets by state, and the last minute's openings and endings.

import {byId, element, svg} from "./dom.js";

// What is asked about most stands where a phone shows it.
const ORDER = ["TIME_WAIT", "ESTABLISHED", "FIN_WAIT_2", "CLOSE_WAIT", "FIN_WAIT_1", "CLOSING", "LAST_ACK", "SYN_RECV", "LISTEN"];
const SHOWN_ALWAYS = ["ESTABLISHED", "TIME_WAIT"];

export function showStates({server, client}) {
  const states = ORDER.filter(state => SHOWN_ALWAYS.includes(state) || server[state] || client[state]);
  const row = (name, counts) => element("tr", {}, element("th", {scope: "row"}, name),
    states.map(state => element("td", {"data-state": state}, String(counts[state] ?? 0))));
  byId("states").replaceChildren(
    element("thead", {}, element("tr", {}, element("td"), states.map(state => element("th", {scope: "col"}, state)))),
    element("tbody", {}, row("server", server), row("client, here", client)));
}

const WIDTH = 480;
const HEIGHT = 80;
const KINDS = ["server", "client", "both", "undetermined"];
const endings = second => KINDS.reduce((sum, kind) => sum + second[kind], 0);

function column(second, x, width, top) {
  const scale = count => (count / top) * (HEIGHT - 12);
  let y = HEIGHT;
  const bars = KINDS.map(kind => {
    const height = scale(second[kind]);
    y -= height;
    return height > 0 ? svg("rect", {x: x + 1, y, width: width - 2, height, class: kind}) : null;
  });
  return [...bars, svg("rect", {x, y: HEIGHT - scale(second.opened) - 1, width, height: 2, class: "opened"})];
}

export function showHistory(history) {
  const chart = byId("history-chart");
  const top = Math.max(1, ...history.map(second => Math.max(second.opened, endings(second))));
  const width = WIDTH / 60;
  const start = 60 - history.length;
  chart.replaceChildren(svg("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none"},
    history.map((second, index) => column(second, (start + index) * width, width, top))),
    element("span", {class: "scale"}, `${top} / s`));
  const sum = kind => history.reduce((total, second) => total + second[kind], 0);
  chart.setAttribute("aria-label", `In the last minute ${sum("opened")} opened; closed first: server ${sum("server")}, ` +
    `client ${sum("client")}, both ${sum("both")}, undetermined ${sum("undetermined")}`);
}
