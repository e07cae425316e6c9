// One connection: how it ended, its ladder, the evidence, and what can be done to it.

import {asCurl, get, post} from "./api.js";
import {ask, byId, copyButton, element, printable} from "./dom.js";
import {drawLadder, sourceLegend} from "./ladder.js";
import {holderText, reasonText, retryText, verdictText} from "./words.js";

export const CLOSE_MODES = ["lingering", "immediate", "abortive", "delayed", "half", "deferred", "never"];

const fact = (name, value) => [element("dt", {}, name), element("dd", {}, value)];

function facts(record) {
  const {verdict} = record;
  if (record.phase !== "settled") return element("dl", {class: "facts"}, fact("now", record.phase), fact("client", record.client));
  const reset = ["server", "client"].includes(verdict.reset_by) ? fact("RST sent by", verdict.reset_by) : [];
  const risk = verdict.bytes_at_risk ? fact("may be lost", `${verdict.bytes_at_risk} bytes`) : [];
  return element("dl", {class: "facts"}, fact("closed first", verdictText(verdict)),
    fact("because", reasonText(record.close_reason)),
    fact("TIME_WAIT", `${holderText(verdict.time_wait)} (${verdict.time_wait_source})`),
    reset, risk, fact("send again?", retryText(record.retry)), fact("client", record.client));
}

// A command, its line for a shell, and what the server said to it.
export function commandButton(label, path, {question, danger, body} = {}) {
  const said = element("span", {class: "said", role: "status"});
  const button = element("button", {type: "button", class: danger ? "danger" : null}, label);
  button.addEventListener("click", async () => {
    if (question && !(await ask(question))) return;
    try {
      await post(path, body);
      said.textContent = "done";
    } catch (error) {
      said.textContent = printable(error.message);
    }
    setTimeout(() => { said.textContent = ""; }, 3000);
  });
  return element("span", {class: "command"}, button, copyButton(asCurl("POST", path, body), "as curl"), said);
}

function endIn(record) {
  const mode = element("select", {id: "mode"}, CLOSE_MODES.map(name => element("option", {}, name)));
  const slot = element("span");
  const show = () => slot.replaceChildren(
    commandButton("end it", `/connections/${record.id}/close?mode=${mode.value}`, {danger: true}));
  mode.addEventListener("change", show);
  show();
  return element("span", {class: "command"}, element("label", {}, "in mode ", mode), slot);
}

function actions(record) {
  if (record.phase === "settled") return null;
  return element("div", {class: "actions"}, endIn(record),
    commandButton("end by RST", `/connections/${record.id}/close?mode=abortive`, {danger: true}),
    commandButton("hold", `/connections/${record.id}/hold`), commandButton("release", `/connections/${record.id}/release`));
}

function rules(record) {
  if (!record.rules_fired.length) return null;
  return [element("h4", {}, "Rules that acted"),
          element("ul", {}, record.rules_fired.map(rule => element("li", {}, printable(`${rule.at_ms.toFixed(3)} ms: ${rule.text}`))))];
}

const evidence = record => element("details", {}, element("summary", {}, `Evidence (${record.evidence.length} facts)`),
  element("ol", {class: "evidence"}, record.evidence.map(one =>
    element("li", {}, `${one.at_ms.toFixed(3)} ms `, element("code", {}, one.source), ` ${printable(one.text)}`))));

function json(record) {
  const text = JSON.stringify(record, null, 1);
  return element("details", {}, element("summary", {}, "The record as JSON"),
    copyButton(`curl '${location.origin}/connections/${record.id}'`, "as curl"), element("pre", {tabindex: "0"}, printable(text)));
}

const open = panel => [...panel.querySelectorAll("details[open] > summary")].map(summary => summary.textContent.split(" ")[0]);

export function showDetail(record) {
  const panel = byId("detail");
  if (panel.contains(document.activeElement) && document.activeElement.localName === "select") return;
  const opened = open(panel);
  const picture = record.picture ?? {rungs: []};
  panel.replaceChildren(...[
    element("h3", {}, `Connection ${record.id}`, element("button", {class: "close", type: "button", "aria-label": "close",
      onclick: () => panel.dispatchEvent(new CustomEvent("leave"))}, "×")),
    facts(record), actions(record),
    picture.rungs.length ? [drawLadder(picture, `Ladder of connection ${record.id}`), sourceLegend(picture.rungs)] : null,
    rules(record), evidence(record), json(record),
  ].flat(2).filter(Boolean));
  for (const details of panel.querySelectorAll("details"))
    details.open = opened.includes(details.firstChild.textContent.split(" ")[0]);
}

export function showNoDetail(text) {
  byId("detail").replaceChildren(element("p", {class: "hint"}, text));
}

// The record with its picture; an answer that comes when another one has been chosen is dropped.
export async function loadDetail(id, isChosen) {
  try {
    const record = await get(`/connections/${id}`);
    if (isChosen(id)) showDetail(record);
  } catch (error) {
    if (isChosen(id)) showNoDetail(printable(error.message));
  }
}
