// The body of an async function that runs in the live page: what model.js makes of answers and events. Returns problems.
const model_js = await import("/page/model.js");
const {emptyModel, newest, stateOf, takeConnections, takeEvent, takeRecord, takeStates, timeWaitLeft} = model_js;
const problems = [];
const same = (seen, wanted, what) => {
  if (JSON.stringify(seen) !== JSON.stringify(wanted)) problems.push(`${what}: ${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}`);
};
const verdict = {time_wait: "unknown", time_wait_source: "inferred", time_wait_remaining_ms: null};
const record = (id, phase, more = {}) => ({id, phase, client: `10.0.0.1:${id}`, requests: [], request_count: 0, verdict, ...more});

{ // An answer that is older than an event does not undo it.
  const model = emptyModel();
  takeEvent(model, "settled", {connection: record(1, "settled")}, 10);
  takeRecord(model, record(1, "active"), 11);
  same(model.records.get(1).record.phase, "settled", "a record goes back");
}
{ // A request is added to what is known, once.
  const model = emptyModel();
  takeRecord(model, record(1, "idle"), 0);
  for (const number of [1, 2, 2]) takeEvent(model, "request", {connection_id: 1, request: {number}}, 1);
  same(model.records.get(1).record.requests.map(one => one.number), [1, 2], "requests");
  takeEvent(model, "request", {connection_id: 9, request: {number: 1}}, 1);
  same(model.records.has(9), false, "a request of a connection that is not known");
}
{ // Bounded, newest kept, and it says what is left out.
  const model = emptyModel();
  for (let id = 1; id <= model_js.KEPT + 5; id += 1) takeRecord(model, record(id, "settled"), 0);
  same([model.records.size, model.leftOut, model.records.has(5), model.records.has(6)], [model_js.KEPT, 5, false, true], "bounds");
  const {shown, hidden} = newest(model, "", 3);
  same([shown.map(one => one.record.id), hidden], [[1005, 1004, 1003], model_js.KEPT - 3], "newest");
  same(newest(model, "idle", 3).shown, [], "no idle one");
}
{ // TIME_WAIT runs down from what the kernel said, or from the verdict when the kernel's list was cut.
  const waits = {verdict: {time_wait: "client", time_wait_source: "sock_diag", time_wait_remaining_ms: 60000}};
  const entry = {record: record(1, "settled", waits), at: 1000};
  same(timeWaitLeft(entry, undefined, "client", 21000), 40000, "left by the verdict");
  same(timeWaitLeft(entry, undefined, "server", 21000), null, "the other end");
  same(timeWaitLeft(entry, {client: {state: "TIME_WAIT", timer_ms: 5000, at: 20000}}, "client", 21000), 4000, "left by the kernel");
  same(timeWaitLeft(entry, undefined, "client", 99000), null, "over");
  same(stateOf(entry, undefined, "client", 21000, true), "TIME_WAIT", "its state");
  same(stateOf(entry, undefined, "client", 99000, true), "CLOSED", "its state when it is over");
  same(stateOf({record: record(2, "settled"), at: 0}, undefined, "client", 1, true), "unknown", "a remote client's");
  same(stateOf({record: record(2, "idle"), at: 0}, {server: {state: "CLOSE_WAIT"}}, "server", 1, true), "CLOSE_WAIT", "the kernel's word");
}
{ // What was seen before a connection settled is over, but for TIME_WAIT.
  const settled = {record: {...record(2, "settled"), verdict: {...record(2, "settled").verdict, time_wait_source: "sock_diag"}}, at: 10};
  const seen = (state, at) => ({server: {state, timer_ms: 50, at}});
  same(stateOf(settled, seen("ESTABLISHED", 9), "server", 11, true), "CLOSED", "a look before the end");
  same(stateOf(settled, seen("FIN_WAIT_2", 11), "server", 12, true), "FIN_WAIT_2", "a look after the end");
  same(stateOf(settled, seen("TIME_WAIT", 9), "server", 11, true), "TIME_WAIT", "TIME_WAIT before the end");
}
{ // Each second is the difference of totals; what a restart makes smaller is no ending.
  const model = emptyModel();
  const answer = (accepted, server) => ({server: {}, client: {}, sockets: [], counts: {accepted},
                                         endings: {server, client: 0, both: 0, undetermined: 0}});
  takeStates(model, answer(5, 2), 0);
  takeStates(model, answer(9, 4), 1000);
  takeStates(model, answer(0, 0), 2000);
  same(model.history.map(one => [one.opened, one.server]), [[4, 2], [0, 0]], "history");
}
{ // Both ends of a connection are found by the client's endpoint.
  const model = emptyModel();
  takeStates(model, {server: {}, client: {}, counts: {accepted: 0}, endings: {}, sockets: [
    {side: "server", local: "127.0.0.1:80", remote: "127.0.0.1:5", state: "FIN_WAIT_2", timer_ms: 0},
    {side: "client", local: "127.0.0.1:5", remote: "127.0.0.1:80", state: "CLOSE_WAIT", timer_ms: 0}]}, 0);
  same([model.sockets.get("127.0.0.1:5").server.state, model.sockets.get("127.0.0.1:5").client.state], ["FIN_WAIT_2", "CLOSE_WAIT"], "ends");
}
return problems;
