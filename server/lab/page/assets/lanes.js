// A lane for each connection: its two ends, and what happened.

import {byId, element, printable, setText} from "./dom.js";
import {newest, stateOf, timeWaitLeft, TIME_WAIT_MS} from "./model.js";
import {reasonText, verdictText} from "./words.js";

const MOST = 200;
const lanes = new Map();
let choose = () => {};

export function setUpLanes(onChoose) { choose = onChoose; }

function end(side) {
  const state = element("span", {class: "state"});
  const bar = element("span", {class: "countdown", hidden: true}, element("span", {class: "fill"}));
  return {side, state, bar, box: element("span", {class: `end ${side}`}, state, bar)};
}

function makeLane(id) {
  const lane = {id, ends: [end("server"), end("client")], requests: element("span", {class: "requests"}),
                text: element("span", {class: "text"})};
  lane.button = element("button", {class: "lane", type: "button", onclick: () => choose(id)},
                        element("span", {class: "id"}, `${id}`), lane.ends.map(one => one.box),
                        element("span", {class: "what"}, lane.requests, lane.text));
  lane.item = element("li", {}, lane.button);
  return lane;
}

const seconds = ms => (ms === 0 ? "≤ 2 s" : `${Math.ceil(ms / 1000)} s`);

function showEnd(one, entry, sockets, now, looked) {
  const left = timeWaitLeft(entry, sockets, one.side, now);
  const state = stateOf(entry, sockets, one.side, now, looked);
  setText(one.state, left === null ? state : `TIME_WAIT ${seconds(left)}`);
  one.box.dataset.state = state;
  one.bar.hidden = left === null;
  if (left !== null) one.bar.firstChild.style.width = `${Math.min(100, (100 * left) / TIME_WAIT_MS)}%`;
}

const requestText = request => `${request.method} ${request.target} → ${request.status || "no answer"}`;

function sentence({record}) {
  if (record.phase === "idle") return record.request_count ? "open, waits for the next request" : "open, no request yet";
  if (record.phase === "active") return "a request is under way";
  if (record.phase === "closing") return `ends: ${reasonText(record.close_reason)}`;
  return `${verdictText(record.verdict)}: ${reasonText(record.close_reason)}`;
}

function showLane(lane, entry, model, now, looked, chosen) {
  const {record} = entry;
  const sockets = model.sockets.get(record.client);
  for (const one of lane.ends) showEnd(one, entry, sockets, now, looked);
  const last = record.requests.at(-1);
  const more = record.request_count > 1 ? ` (${record.request_count} requests)` : "";
  setText(lane.requests, last ? printable(requestText(last)) + more : "");
  setText(lane.text, sentence(entry));
  lane.button.dataset.phase = record.phase;
  lane.button.setAttribute("aria-pressed", String(record.id === chosen));
}

// Draws what is to be seen; lanes that stay keep their elements, so that the focus stays too.
export function showLanes(model, {phase, now, looked, chosen}) {
  const {shown, hidden} = newest(model, phase, MOST);
  const list = byId("lanes");
  const wanted = new Set(shown.map(entry => entry.record.id));
  for (const [id, lane] of lanes) {
    if (wanted.has(id)) continue;
    lane.item.remove();
    lanes.delete(id);
  }
  let before = list.firstChild;
  for (const entry of shown) {
    const id = entry.record.id;
    const lane = lanes.get(id) ?? makeLane(id);
    lanes.set(id, lane);
    if (lane.item === before) before = before.nextSibling;
    else list.insertBefore(lane.item, before);
    showLane(lane, entry, model, now, looked, chosen);
  }
  byId("empty").hidden = shown.length > 0;
  return hidden;
}
