// The picture of a connection, as JSON has it, drawn: the server on the left, the client on the right, time downwards,
// one row for each moment. Distances are not to scale; an arrow slopes when the network took time.

import {element, printable, svg} from "./dom.js";
import {SOURCES} from "./words.js";

const WIDTH = 640;
const TIME_END = 70;
const LEFT = 80;
const RIGHT = 545;
const ROW = 26;
const HEAD = 30;
const CHARACTERS = 66;
// A longer ladder is drawn without its middle.
const LONGEST = 160;
const KEPT_FIRST = 90;
const KEPT_LAST = 60;

const TRAVELS = new Set(["syn", "request", "response", "data", "fin", "rst"]);
const travels = rung => TRAVELS.has(rung.kind);
const shorten = text => (text.length > CHARACTERS ? `${text.slice(0, CHARACTERS - 1)}…` : text);

// What is left out of the middle is said by a rung of its own.
function withoutMiddle(rungs) {
  if (rungs.length <= LONGEST) return rungs;
  const left = rungs.length - KEPT_FIRST - KEPT_LAST;
  const gap = {at_ms: rungs[KEPT_FIRST].at_ms, kind: "gap", side: "server", text: `${left} more steps, which the JSON has`};
  return [...rungs.slice(0, KEPT_FIRST), gap, ...rungs.slice(-KEPT_LAST)];
}

// Rows in order of time: where each step begins, and where what took time arrives, if something came between.
export function rowsOf(rungs) {
  const moments = rungs.map((rung, order) => ({at: rung.at_ms, order, rung, begins: true}));
  rungs.forEach((rung, order) => {
    const took = rung.transit === "delivered" && travels(rung) && rung.arrived_ms - rung.at_ms > 0.05;
    if (took && rungs.slice(order + 1).some(other => other.at_ms < rung.arrived_ms))
      moments.push({at: rung.arrived_ms, order: order + 0.5, rung, begins: false});
  });
  moments.sort((a, b) => a.at - b.at || a.order - b.order);
  return moments;
}

function arrow(rung, y, until) {
  const [from, to] = rung.side === "server" ? [LEFT, RIGHT] : [RIGHT, LEFT];
  const back = rung.side === "server" ? -7 : 7;
  const lost = rung.transit === "lost";
  const start = rung.transit === "repeated" ? (from + to) / 2 : from;
  const end = lost ? (from + to) / 2 : to;
  const endY = lost ? y + (until - y) / 2 : until;
  const head = lost
    ? svg("path", {d: `M${end - 4} ${endY - 4}l8 8m0 -8l-8 8`, class: "cross"})
    : svg("path", {d: `M${end} ${endY}l${back} -4v8z`, class: "tip"});
  return [svg("line", {x1: start, y1: y, x2: end, y2: endY, class: "shaft"}), head,
          svg("text", {x: (LEFT + RIGHT) / 2, y: y - 5, "text-anchor": "middle"}, shorten(rung.text))];
}

function note(rung, y) {
  const left = rung.side === "server";
  return [svg("circle", {cx: left ? LEFT : RIGHT, cy: y - 3, r: 3}),
          svg("text", {x: left ? LEFT + 8 : RIGHT - 8, y, "text-anchor": left ? "start" : "end"}, shorten(rung.text))];
}

function drawRung({rung, y, until}) {
  return svg("g", {class: `rung ${travels(rung) ? "arrow" : "note"} ${rung.side} ${rung.kind}`},
             svg("text", {x: TIME_END - 4, y, "text-anchor": "end", class: "time"}, rung.at_ms.toFixed(3)),
             travels(rung) ? arrow(rung, y, until) : note(rung, y),
             rung.source ? svg("text", {x: RIGHT + 12, y, class: "source"}, rung.source) : null);
}

// Each step with its row, and the one of its arrival.
function placed(rungs) {
  const rows = rowsOf(rungs);
  const yOf = index => HEAD + index * ROW + ROW * 0.7;
  const arrivals = new Map(rows.map((moment, index) => [moment, index]).filter(([moment]) => !moment.begins)
    .map(([moment, index]) => [moment.rung, yOf(index)]));
  const steps = rows.flatMap((moment, index) => {
    if (!moment.begins) return [];
    const y = yOf(index);
    return [{rung: moment.rung, y, until: arrivals.get(moment.rung) ?? y}];
  });
  return {steps, height: HEAD + rows.length * ROW + 12};
}

// Readers of a screen get the same as a list.
function listed(rungs) {
  const line = rung => `${rung.at_ms.toFixed(3)} ms, ${rung.side}: ${rung.text}`;
  return element("ol", {class: "for-readers"}, rungs.map(rung => element("li", {}, line(rung))));
}

export function drawLadder(picture, label) {
  const rungs = withoutMiddle(picture.rungs).map(rung => ({...rung, text: printable(rung.text)}));
  const {steps, height} = placed(rungs);
  const lifeline = x => svg("line", {x1: x, y1: 22, x2: x, y2: height - 6, class: "lifeline"});
  const name = (x, text) => svg("text", {x, y: 16, "text-anchor": "middle", class: "end-name"}, text);
  const drawn = svg("svg", {class: "ladder", viewBox: `0 0 ${WIDTH} ${height}`, "aria-hidden": "true"},
    name(LEFT, "server"), name(RIGHT, "client"),
    svg("text", {x: TIME_END - 34, y: 16, "text-anchor": "end", class: "time"}, "ms"),
    lifeline(LEFT), lifeline(RIGHT), steps.map(drawRung));
  return element("figure", {class: "scroll", tabindex: "0", role: "region", "aria-label": label}, drawn, listed(rungs));
}

export function sourceLegend(rungs) {
  const used = [...new Set(rungs.map(rung => rung.source).filter(Boolean))];
  return element("dl", {class: "sources"},
    used.map(source => [element("dt", {}, source), element("dd", {}, SOURCES[source] ?? "")]));
}
