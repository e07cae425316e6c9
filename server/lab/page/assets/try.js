// The README's five curls: those that a page can send, it sends itself; for the others there is the line to copy.

import {copyButton, element} from "./dom.js";

// `path`: what fetch() can ask for to the same end. A page can't choose the field Connection, nor HTTP/1.0, and its
// browser keeps connections open for itself.
const CURLS = [
  {line: url => `curl ${url}`, what: "keep-alive: curl closes first when it exits",
   why: "by hand: a browser does not close when it has its answer"},
  {line: url => `curl -H 'Connection: close' ${url}`, path: "close/lingering", what: "the server closes first"},
  {line: url => `curl ${url} ${url}`, path: "?idle_timeout=1s", times: 2, what: "two requests, one connection"},
  {line: url => `curl --http1.0 ${url}`, what: "closing is the default of HTTP/1.0", why: "by hand: browsers speak no HTTP/1.0"},
  {line: url => `curl ${url}close/abortive`, path: "close/abortive", what: "RST: nobody holds TIME_WAIT"},
];

// Resolves when the connection has answered or broken; what came of it is seen in the lanes.
export async function visit(url, times = 1) {
  for (let i = 0; i < times; i += 1) {
    try {
      const response = await fetch(url, {mode: "no-cors", cache: "no-store"});
      await response.text();
    } catch {
      // An RST is an answer, too.
    }
  }
}

export function tryRow(url) {
  return CURLS.map(({line, path, times, what, why}) => {
    const text = line(url);
    const play = path === undefined ? element("span", {class: "why"}, why)
      : element("button", {type: "button", onclick: () => visit(url + path, times), "aria-label": `play: ${what}`}, "play");
    return element("li", {}, element("code", {}, text), element("span", {class: "what"}, what), copyButton(text), play);
  });
}
