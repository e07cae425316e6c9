// A report from a file: the JSON inside it, drawn. The same ladders as the live page's.

import {showAudit} from "./audit.js";
import {byId, element, printable} from "./dom.js";
import {drawLadder} from "./ladder.js";
import {showMatrix} from "./matrix.js";
import {anchor, badge, judgedRows, table, term, transcript} from "./parts.js";

const link = experiment => element("a", {href: `#${anchor(experiment.name)}`}, printable(experiment.title));

function factsOf({facts, experiments}) {
  const count = conclusion => experiments.filter(one => one.conclusion === conclusion).length;
  const counts = ["confirmed", "true under a condition", "refuted", "not shown"]
    .filter(count).map(conclusion => `${count(conclusion)} ${conclusion}`);
  return element("dl", {}, term("Verdicts", counts.join(", ")),
    term("As expected", `${experiments.filter(one => one.as_expected).length} of ${experiments.length} experiments`),
    term("Kernel", printable(facts.kernel)), term("Played", printable(facts.started)), term("With", printable(facts.program)),
    facts.sysctl.length ? term("net.ipv4", element("ul", {class: "inline"},
      facts.sysctl.map(([name, value]) => element("li", {}, element("code", {}, printable(`${name} = ${value}`)))))) : []);
}

function claimsTable({claims, experiments}) {
  const byName = new Map(experiments.map(one => [one.name, one]));
  const links = names => names.map(name => element("li", {}, link(byName.get(name)),
    byName.get(name).conclusion === "not shown" ? " (not shown)" : ""));
  const row = claim => element("tr", {}, element("th", {scope: "row"}, printable(claim.id || "–")), element("td", {}, printable(claim.text)),
    element("td", {}, badge(claim.conclusion)), element("td", {}, element("ul", {class: "links"}, links(claim.experiments))));
  return element("section", {"aria-labelledby": "claims"}, element("h2", {id: "claims"}, "The claims"),
    table("claims", ["No.", "Textbooks say", "On this kernel", "Experiments"], claims.map(row)));
}

const HOW_TO_READ = "Time runs downwards, in milliseconds, one row for each moment; distances are not to scale. Every " +
  "arrow is a captured segment. It slopes where the network took time, ends in a cross where the network lost it, and " +
  "starts in the middle where the network delivered an old one again. What an application called or read, and the TCP " +
  "states that the kernel showed, stand at their side.";

const judged = one => [...judgedRows(one.given, "the situation", "came about", "did not come about"),
  ...judgedRows(one.claim, "the claim", "happens", "does not happen"),
  ...judgedRows(one.expect, "the experiment", "seen", "not seen")];

function caseOf(experiment, one) {
  const id = `${anchor(experiment.name)}-case-${one.number}`;
  const title = element("h3", {id}, element("span", {class: "number"}, `Case ${one.number}: `), printable(one.when));
  const conditions = one.conditions.length
    ? element("ul", {class: "inline"}, one.conditions.map(text => element("li", {}, element("code", {}, printable(text))))) : null;
  if (one.not_shown) return element("section", {"aria-labelledby": id}, title, conditions, element("p", {class: "warning"}, `Not shown: ${printable(one.not_shown)}`));
  const rows = judged(one);
  return element("section", {"aria-labelledby": id}, title, conditions,
    one.limits ? element("p", {class: "warning"}, `Played ${printable(one.limits)}`) : null,
    one.plays > 1 ? element("p", {class: "hint"}, `Played ${one.plays} times, until its situation came about`) : null,
    one.drawn && one.picture.rungs.length ? drawLadder(one.picture, `Ladder of case ${one.number} of ${experiment.title}`) : null,
    rows.length ? table("judged", ["Expected", "by", "Seen", "Result"], rows) : null, transcript(one.transcript, "What the applications did and saw, step by step"));
}

const contradictions = one => one.claim.filter(claim => claim.holds === false)
  .map(claim => [element("br"), element("code", {}, printable(claim.text)), ` is predicted; seen: ${printable(claim.seen)}`]);

function casesWhere(experiment, agrees) {
  const items = experiment.cases.filter(one => one.claim.length && !one.not_shown && one.agrees === agrees)
    .map(one => element("li", {}, "when ", element("a", {href: `#${anchor(experiment.name)}-case-${one.number}`}, printable(one.when)), contradictions(one).flat()));
  return items.length ? term(agrees ? "True" : "Not true", element("ul", {}, items)) : [];
}

function experimentOf(one) {
  const id = anchor(one.name);
  const claims = one.claims.length ? `, claim${one.claims.length > 1 ? "s" : ""} ${one.claims.join(", ")}` : "";
  return element("article", {"aria-labelledby": id}, element("h2", {id}, printable(one.title)),
    element("p", {class: "hint"}, element("code", {}, printable(one.name)), printable(claims)),
    element("blockquote", {}, element("p", {}, printable(one.claim))),
    element("dl", {}, term("Verdict", badge(one.conclusion)), casesWhere(one, true), casesWhere(one, false),
      term("Why", printable(one.explanation)), term("Source", printable(one.rfc))),
    one.as_expected ? null : element("p", {class: "warning"},
      `Unexpected: ${printable(one.name)} says "${one.expected_conclusion}". Compare what it expects with what was seen below.`),
    one.cases.map(each => caseOf(one, each)));
}

function showRun(data) {
  byId("report").replaceChildren(
    element("p", {class: "lead"}, "What textbooks say about it, and what this machine did. Every verdict comes from " +
      "packets captured and kernel state read in this run."),
    factsOf(data), claimsTable(data),
    element("section", {}, element("h2", {}, "How to read the pictures"), element("p", {}, HOW_TO_READ)),
    ...data.experiments.map(experimentOf));
}

const data = JSON.parse(byId("data").textContent);
({audit: showAudit, audits: showMatrix}[data.kind] ?? showRun)(data);
