// A client's card: grades by class, what matters most, and of every scenario what was expected, seen and said.

import {byId, element, printable} from "./dom.js";
import {drawLadder} from "./ladder.js";
import {anchor, badge, judgedRows, table, term, transcript} from "./parts.js";

export const CLASSES = ["must", "should", "optimal", "info"];
const GRADES = ["pass", "not optimal", "fail", "info", "not exercised", "not applicable", "harness failed"];
const scenarioLink = one => element("a", {href: `#${anchor(one.id)}`}, printable(one.title));

function auditFacts({facts, client, matters, scenarios}) {
  const named = new Map(scenarios.map(one => [one.id, one]));
  return element("dl", {}, term("Client", printable(client.version || client.command)), term("Audited as", element("code", {}, printable(client.command))),
    matters.length ? term("What matters most", element("ol", {}, matters.map(id => element("li", {}, scenarioLink(named.get(id)), `: ${printable(named.get(id).reason)}`)))) : [],
    term("Kernel", printable(facts.kernel)), term("Played", printable(facts.started)), term("With", printable(facts.program)));
}

function gradeCounts({scenarios}) {
  const count = (kind, grade) => scenarios.filter(one => one.class === kind && one.grade === grade).length;
  const row = kind => element("tr", {}, element("th", {scope: "row"}, kind), GRADES.map(grade => element("td", {}, String(count(kind, grade) || "–"))));
  return table("grades", ["", ...GRADES], CLASSES.map(row));
}

function gradeRows({scenarios}) {
  const row = one => element("tr", {}, element("td", {}, badge(one.grade)), element("td", {}, one.class), element("th", {scope: "row"}, scenarioLink(one)),
    element("td", {}, printable(one.reason), one.by_word ? " (its word)" : ""));
  return table("scenarios", ["Grade", "Class", "Scenario", "What it did"], scenarios.map(row));
}

const said = step => `${step.text}\n    ${step.reply} ${[step.status, step.bytes].filter(value => value !== null).join(" ")}${step.error}  (${step.took_ms.toFixed(1)} ms)`;

const side = ({status, bytes, extent, end}) => [extent === "none" ? "no answer" : `${status || "a part"}, ${bytes} bytes`,
  extent === "cut" ? "cut" : "", end === "open" ? "" : end.toUpperCase()].filter(Boolean).join(", ");
const passed = ({proxy}) => proxy ? `\n    proxy: ${proxy.passage}; from upstream ${side(proxy.upstream)}; to its client ${side(proxy.front)}; sent ${proxy.requests}×` : "";

export function scenarioOf(one, id = anchor(one.id), client = "") {
  const rows = [...judgedRows(one.given, "the situation", "came about", "did not come about"),
    ...judgedRows(one.expect, "a good client", "so", "not so")];
  return element("article", {"aria-labelledby": id}, element("h2", {id}, printable(one.title)),
    element("p", {class: "hint"}, client ? `${client}: ` : "", element("code", {}, printable(one.id)), `, ${one.class}, ${printable(one.section)}`),
    element("dl", {}, term("Grade", badge(one.grade), ` ${printable(one.reason)}`), term("Why", printable(one.why))),
    rows.length ? table("judged", ["Expected", "of", "Seen", "Result"], rows) : null,
    transcript(one.steps.map(step => said(step) + passed(step)), "What the client was told, and said"),
    one.connections.filter(each => each.picture.rungs.length).map(each => element("details", {open: one.grade === "fail"},
      element("summary", {}, printable(each.text)), drawLadder(each.picture, `Ladder of connection ${each.id} of ${one.title}`))));
}

export function showAudit(data) {
  byId("report").replaceChildren(
    element("p", {class: "lead"}, "What this client does where servers keep, break and end connections, by the server's records, " +
      "the kernel's table of sockets and, where nobody else can know, its own word."),
    auditFacts(data), gradeCounts(data), gradeRows(data), ...data.scenarios.map(one => scenarioOf(one)));
}
