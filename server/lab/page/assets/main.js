// The live page: listens to events, looks at the kernel's table once a second, and draws.

import {get, listen} from "./api.js";
import {commandButton, loadDetail, showNoDetail} from "./detail.js";
import {byId, printable, setText} from "./dom.js";
import {setUpLanes, showLanes} from "./lanes.js";
import {showLessons} from "./lessons.js";
import {emptyModel, takeConnections, takeEvent, takeStates} from "./model.js";
import {showHistory, showStates} from "./overview.js";
import {showRules} from "./rules.js";
import {setUpTabs} from "./tabs.js";
import {tryRow} from "./try.js";

// Events that the server may send in a second; what is beyond is counted, and fetched by a look.
const RATE = 200;
const LOOK_MS = 1000;
const DRAW_MS = 250;
const SOCKETS = 2000;
const CONNECTIONS = 300;

let model = emptyModel();
let chosen = null;
let looked = false;
let identity = null;
let leftOutEvents = 0;
let behind = false;
let dirty = true;

function note(text) { setText(byId("notices"), text); }

async function resynchronise() {
  behind = false;
  const conf = await get("/conf");
  const now = `${conf.pid} ${conf.started_at_ms}`;
  if (identity !== null && identity !== now) {
    model = emptyModel();
    chosen = null;
    showNoDetail("The server was started anew; what was here belonged to the one before.");
  }
  identity = now;
  takeConnections(model, await get(`/connections?limit=${CONNECTIONS}`), Date.now());
  dirty = true;
  return conf;
}

const on = {
  open() {
    setText(byId("link"), "live");
    byId("link").dataset.link = "live";
    document.body.classList.remove("stale");
    resynchronise().catch(() => { behind = true; });
  },
  lost() {
    setText(byId("link"), "lost the server; trying again");
    byId("link").dataset.link = "lost";
    // What is shown is as it was.
    document.body.classList.add("stale");
  },
  event(type, data) {
    takeEvent(model, type, data, Date.now());
    const id = data.connection?.id ?? data.connection_id;
    if (id === chosen) refreshDetail();
    dirty = true;
  },
  dropped(events) {
    leftOutEvents += events;
    behind = true;
  },
};

let detailPending = false;
function refreshDetail() {
  if (detailPending) return;
  detailPending = true;
  setTimeout(() => {
    detailPending = false;
    if (chosen !== null) loadDetail(chosen, id => id === chosen);
  }, 50);
}

function choose(id) {
  chosen = chosen === id ? null : id;
  if (chosen === null) showNoDetail("Choose a connection to see its ladder.");
  else refreshDetail();
  document.body.classList.toggle("has-chosen", chosen !== null);
  dirty = true;
  draw();
  if (chosen !== null && matchMedia("(max-width: 60rem)").matches) byId("detail").scrollIntoView();
}

async function look() {
  const started = Date.now();
  try {
    if (!document.hidden) {
      const answer = await get(`/states?each=on&limit=${SOCKETS}`);
      looked = true;
      takeStates(model, answer, started);
      showStates(model.now);
      showHistory(model.history);
      if (behind) await resynchronise();
      dirty = true;
    }
  } catch {
    // The stream says when the server is gone.
  }
  // A look that takes long is made less often, so that the page takes no more than a tenth of a core of the server's.
  setTimeout(look, Math.max(LOOK_MS, 9 * (Date.now() - started)));
}

function notices(hidden) {
  const texts = [];
  if (hidden + model.leftOut > 0) texts.push(`${hidden + model.leftOut} older connections are not shown`);
  if (leftOutEvents > 0) texts.push(`more happened than this page follows: ${leftOutEvents} events were left out, and looked up`);
  note(texts.join("; "));
}

function draw() {
  const now = Date.now();
  notices(showLanes(model, {phase: byId("phase").value, now, looked, chosen}));
  dirty = false;
}

function showPlace(conf) {
  // A server that listens on every address is reached where this page is.
  const url = new URL(conf.url);
  if (["0.0.0.0", "[::]"].includes(url.hostname)) url.hostname = location.hostname;
  setText(byId("where"), url.href);
  setText(byId("first-curl"), `curl ${url.href}`);
  byId("try").replaceChildren(...tryRow(url.href));
  showLessons(byId("lessons"), url.href);
}

function showCommands() {
  byId("commands").replaceChildren(
    commandButton("close idle", "/close-idle", {question: "Close every connection that waits for a request?"}),
    commandButton("drain", "/drain", {question: "Announce the end to every connection, and close the idle ones?"}),
    commandButton("undrain", "/undrain"),
    commandButton("refuse", "/listener?mode=refuse", {question: "Refuse everybody who connects from now on?"}),
    commandButton("ignore", "/listener?mode=ignore&backlog=0", {question: "Leave everybody who connects from now on without an answer?"}),
    commandButton("accept", "/listener?mode=accept"),
    commandButton("hold all", "/hold"), commandButton("release all", "/release"));
}

async function start() {
  if (matchMedia("(max-width: 40rem)").matches) byId("try-box").open = false;
  setUpLanes(choose);
  setUpTabs({rules: () => showRules(byId("rules"))});
  byId("detail").addEventListener("leave", () => chosen !== null && choose(chosen));
  byId("phase").addEventListener("change", draw);
  showCommands();
  showPlace(await resynchronise());
  listen(on, RATE);
  look();
  // Time goes on, also when nothing happens: TIME_WAIT runs down.
  setInterval(() => { if (dirty || (!document.hidden && model.records.size)) draw(); }, DRAW_MS);
}

start().catch(error => note(printable(`The server does not answer: ${error.message}`)));
