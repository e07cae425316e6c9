// What the page knows, as values; nothing here touches the document. Tested by tests/page/model_test.js.

export const KEPT = 1000;

const progress = record => (record.phase === "settled" ? 2 : record.phase === "closing" ? 1 : 0);

export function emptyModel() {
  return {records: new Map(), leftOut: 0, sockets: new Map(), now: {server: {}, client: {}}, history: [], last: null};
}

// A record never goes back from an end to something earlier, in whichever order answers and events arrive.
export function takeRecord(model, record, at) {
  const known = model.records.get(record.id);
  if (known && progress(known.record) > progress(record)) return;
  if (known && known.record.request_count > record.request_count && progress(known.record) === progress(record)) return;
  model.records.set(record.id, {record, at});
  while (model.records.size > KEPT) {
    model.records.delete(Math.min(...firstKeys(model.records)));
    model.leftOut += 1;
  }
}

// Ids come almost in order: the smallest is among the first few.
function firstKeys(map) {
  const keys = [];
  for (const key of map.keys()) {
    keys.push(key);
    if (keys.length === 16) break;
  }
  return keys;
}

// An event of type `request` tells of the request alone; the record is what the other events, or a look, brought.
export function takeEvent(model, type, data, at) {
  if (type !== "request") return takeRecord(model, data.connection, at);
  const known = model.records.get(data.connection_id);
  if (!known) return;
  const requests = known.record.requests.filter(request => request.number !== data.request.number);
  const record = {...known.record, requests: [...requests, data.request],
                  request_count: Math.max(known.record.request_count, data.request.number)};
  model.records.set(record.id, {record, at: known.at});
}

export function takeConnections(model, answer, at) {
  for (const record of answer.connections) takeRecord(model, record, at);
  model.leftOut = Math.max(model.leftOut, answer.left_out);
}

// Sockets by the client's end of the connection, which is what tells connections apart.
export function takeStates(model, answer, at) {
  model.now = {server: answer.server, client: answer.client};
  model.sockets = new Map();
  for (const socket of answer.sockets ?? []) {
    const client = socket.side === "client" ? socket.local : socket.remote;
    const ends = model.sockets.get(client) ?? {};
    ends[socket.side] = {...socket, at};
    model.sockets.set(client, ends);
  }
  addToHistory(model, answer, at);
}

const SECONDS = 60;

function addToHistory(model, answer, at) {
  const totals = {opened: answer.counts.accepted, ...answer.endings};
  if (model.last) {
    const second = {at};
    for (const key of Object.keys(totals)) second[key] = Math.max(0, totals[key] - (model.last[key] ?? 0));
    model.history.push(second);
    if (model.history.length > SECONDS) model.history.shift();
  }
  model.last = totals;
}

// The newest connections in these phases, and how many there are beyond `most`.
export function newest(model, phase, most) {
  const wanted = [...model.records.values()].filter(one => !phase || one.record.phase === phase)
    .sort((a, b) => b.record.id - a.record.id);
  return {shown: wanted.slice(0, most), hidden: Math.max(0, wanted.length - most)};
}

export const TIME_WAIT_MS = 60000;

// What the kernel's table had of an end. The record of a connection that has settled since then knows better, unless that
// was TIME_WAIT, which nothing but its time follows.
function seenOf(entry, ends, side) {
  const seen = ends?.[side];
  const isOlder = seen && entry.record.phase === "settled" && seen.at < entry.at && seen.state !== "TIME_WAIT";
  return isOlder ? undefined : seen;
}

// How much of TIME_WAIT is left of what an answer told at `at`; null when that end is in no TIME_WAIT.
export function timeWaitLeft(entry, ends, side, now) {
  const seen = seenOf(entry, ends, side);
  if (seen) return seen.state === "TIME_WAIT" ? Math.max(0, seen.timer_ms - (now - seen.at)) : null;
  const {verdict, phase} = entry.record;
  const holds = verdict.time_wait === side || verdict.time_wait === "both";
  if (phase !== "settled" || !holds || verdict.time_wait_remaining_ms === null) return null;
  const left = verdict.time_wait_remaining_ms - (now - entry.at);
  return left > 0 ? left : null;
}

// The state of an end now: as the kernel's table has it, or what follows from the record. `unknown` is an answer.
export function stateOf(entry, ends, side, now, looked) {
  const seen = seenOf(entry, ends, side);
  if (seen) return seen.state;
  if (timeWaitLeft(entry, ends, side, now) !== null) return "TIME_WAIT";
  const {record} = entry;
  if (record.phase === "settled") {
    const remote = side === "client" && record.verdict.time_wait_source === "inferred";
    return remote ? "unknown" : "CLOSED";
  }
  if (side === "server" && record.phase !== "closing") return "ESTABLISHED";
  return looked ? "unknown" : "";
}


