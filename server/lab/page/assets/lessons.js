// Six lessons: predict who ends in TIME_WAIT, then see what this kernel does.

import {get} from "./api.js";
import {copyButton, element, printable} from "./dom.js";
import {drawLadder} from "./ladder.js";
import {holderText, verdictText} from "./words.js";
import {visit} from "./try.js";

const ANSWERS = [["server", "the server"], ["client", "the client"], ["both", "both"], ["none", "nobody"]];

// `path` is played by the page; else `line` is to be run by hand. `fits` tells the lesson's connection from others.
const LESSONS = [
  {title: "curl, and nothing special", line: url => `curl ${url}`,
   ask: "HTTP/1.1 keeps the connection open. curl exits. Who ends in TIME_WAIT?",
   fits: record => record.close_reason === "peer_closed" && record.request_count === 1,
   why: "The end that closes first waits. curl's exit closed its socket, so its side sent the first FIN. (RFC 9293, section 3.6)"},
  {title: "Connection: close", path: "close/lingering", line: url => `curl -H 'Connection: close' ${url}`,
   ask: "The connection is to end after the answer. Who ends in TIME_WAIT?",
   fits: record => record.close_mode === "lingering" && ["request_close", "response_close"].includes(record.close_reason),
   why: "HTTP makes the server close first here (RFC 9112, section 9.6), so the server waits. That is how servers collect them."},
  {title: "Nobody says anything", path: "?idle_timeout=500ms", line: url => `curl '${url}?idle_timeout=500ms' --next --max-time 2 '${url}delay/1500ms'`,
   ask: "Keep-alive, and the client stays idle for longer than the server's idle timeout. Who ends in TIME_WAIT?",
   fits: record => record.close_reason === "idle_timeout",
   why: "With keep-alive not only the client may close: the server's idle timeout ends it, and the server waits."},
  {title: "HTTP/1.0", line: url => `curl --http1.0 ${url}`,
   ask: "An HTTP/1.0 request without keep-alive. Who ends in TIME_WAIT?",
   fits: record => record.close_reason === "http_1_0",
   why: "In HTTP/1.0 closing after the answer is the default (RFC 9112, section 9.3), and the server does it."},
  {title: "Reset", path: "close/abortive", line: url => `curl ${url}close/abortive`,
   ask: "The server ends the connection by RST. Who ends in TIME_WAIT?",
   fits: record => record.close_mode === "abortive",
   why: "An RST ends both ends at once; nobody waits, and what was not delivered is lost. (RFC 9293, section 3.10.7)"},
  {title: "After you", path: "close/deferred", line: url => `curl ${url}close/deferred`,
   ask: "The server says close, but waits for the client's FIN before it sends its own. Who ends in TIME_WAIT?",
   fits: record => record.close_mode === "deferred",
   why: "Whoever closes first waits, whatever the header says. A server that lets the client go first owns no TIME_WAIT."},
];

const newestId = async () => (await get("/connections?limit=0")).counts.accepted;

// The first settled connection after `after` that fits; looks for so long.
async function awaitFitting(lesson, after, seconds) {
  const until = Date.now() + seconds * 1000;
  while (Date.now() < until) {
    const {connections} = await get(`/connections?phase=settled&after=${after}&limit=50`);
    const found = connections.find(lesson.fits);
    if (found) return get(`/connections/${found.id}`);
    await new Promise(resolve => setTimeout(resolve, 250));
  }
  return null;
}

function result(lesson, predicted, record) {
  const {verdict} = record;
  const right = predicted === verdict.time_wait;
  const text = `${right ? "Right" : `You said ${holderText(predicted)}`}: TIME_WAIT is held by ${holderText(verdict.time_wait)}; ${verdictText(verdict)}.`;
  return [element("p", {class: right ? "right" : "wrong", role: "status"}, text), element("p", {}, lesson.why),
          record.picture ? drawLadder(record.picture, `Ladder of connection ${record.id}`) : null].filter(Boolean);
}

async function play(lesson, url, predicted, stage) {
  const after = await newestId();
  if (lesson.path === undefined) {
    const line = lesson.line(url);
    stage.replaceChildren(element("p", {role: "status"}, "Run this in a terminal; the page waits for it:"),
      element("p", {}, element("code", {}, line), copyButton(line)));
  } else {
    stage.replaceChildren(element("p", {role: "status"}, "The page sends the request and waits for the end…"));
    visit(url + lesson.path);
  }
  try {
    const record = await awaitFitting(lesson, after, lesson.path === undefined ? 120 : 20);
    stage.replaceChildren(...(record ? result(lesson, predicted, record)
      : [element("p", {class: "wrong", role: "status"}, "No such connection ended in time; predict again to try again.")]));
  } catch (error) {
    stage.replaceChildren(element("p", {class: "wrong", role: "status"}, printable(error.message)));
  }
}

function lessonItem(lesson, number, url) {
  const stage = element("div", {class: "stage"});
  const buttons = ANSWERS.map(([value, label]) =>
    element("button", {type: "button", onclick: event => {
      for (const one of event.target.parentElement.children) one.setAttribute("aria-pressed", String(one === event.target));
      play(lesson, url, value, stage);
    }, "aria-pressed": "false"}, label));
  return element("li", {class: "lesson"}, element("h3", {}, `${number}. ${lesson.title}`), element("p", {}, lesson.ask),
    element("p", {}, element("code", {}, lesson.line(url))),
    element("div", {class: "answers", role: "group", "aria-label": "Your prediction"}, buttons), stage);
}

export const showLessons = (panel, url) => panel.replaceChildren(
  element("h2", {}, "Who ends in TIME_WAIT?"),
  element("p", {}, "Predict first, then see, on this machine's kernel. Where a browser can play the lesson, the page does; where not, it waits for the line in your terminal."),
  element("ol", {class: "lessons"}, LESSONS.map((lesson, index) => lessonItem(lesson, index + 1, url))));
