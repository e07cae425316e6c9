// Several clients in one matrix: a row for each scenario, by class; a cell opens what its client did there.

import {CLASSES, scenarioOf} from "./audit.js";
import {byId, element, printable} from "./dom.js";
import {anchor, table} from "./parts.js";

const SIGNS = {"pass": "✓", "not optimal": "~", "fail": "✗", "not exercised": "·", "not applicable": "–", "harness failed": "!"};
const clientOf = ({client}) => printable(client.version || client.command);
const holds = one => one.expect.every(each => each.holds);

// What differs between plays is a rate; of class info, whether the client does what is asked.
function cellSign(one) {
  if (one.good_plays > 0 && one.good_plays < one.plays) return `${one.good_plays}/${one.plays}`;
  return one.grade === "info" ? (holds(one) ? "yes" : "no") : SIGNS[one.grade];
}

// Scenarios of all audits, each once, by class; with what each audit says of it, or nothing.
function scenariosOf(audits) {
  const rows = new Map();
  audits.forEach(({scenarios}, column) => {
    for (const one of scenarios) {
      if (!rows.has(one.id)) rows.set(one.id, {first: one, cells: audits.map(() => null)});
      rows.get(one.id).cells[column] = one;
    }
  });
  return [...rows.values()];
}

const differs = ({cells}) => new Set(cells.map(one => one && cellSign(one))).size > 1;

function clientRows(audits) {
  const failed = ({scenarios}, kind) => scenarios.filter(one => one.class === kind && one.grade === "fail").length;
  const row = audit => element("tr", {}, element("th", {scope: "row"}, clientOf(audit)), element("td", {}, element("code", {}, printable(audit.client.command))),
    element("td", {}, String(failed(audit, "must"))), element("td", {}, String(failed(audit, "should"))),
    element("td", {}, printable(`${audit.facts.started}, ${audit.facts.kernel}, ${audit.facts.program}`)));
  return table("clients", ["Client", "Audited as", "MUSTs failed", "SHOULDs failed", "Played"], audits.map(row));
}

// One cell of a row is open at a time, below its row; the same again closes it.
function toggle(button, one, name, width) {
  const row = button.closest("tr");
  const opens = button.getAttribute("aria-expanded") === "false";
  for (const other of row.querySelectorAll("button")) other.setAttribute("aria-expanded", "false");
  if (row.nextElementSibling?.className === "opened") row.nextElementSibling.remove();
  if (!opens) return;
  button.setAttribute("aria-expanded", "true");
  row.after(element("tr", {class: "opened"}, element("td", {colspan: width}, scenarioOf(one, `${anchor(one.id)}-opened`, name))));
}

function cellOf(one, name, width) {
  if (!one) return element("td");
  const button = element("button", {type: "button", class: `cell ${one.grade.replaceAll(" ", "-")}`, "aria-expanded": "false",
    title: `${name}: ${one.grade}: ${printable(one.reason)}`}, cellSign(one), element("span", {class: "for-readers"}, ` ${one.grade}, ${name}`));
  button.addEventListener("click", () => toggle(button, one, name, width));
  return element("td", {}, button);
}

// The last column is empty: it takes the width that what a cell opens needs.
function scenarioRow({first, cells}, names) {
  return element("tr", {class: differs({cells}) ? "differs" : "alike"},
    element("th", {scope: "row", title: printable(first.title)}, element("code", {}, printable(first.id))), cells.map((one, column) => cellOf(one, names[column], names.length + 2)), element("td", {class: "rest"}));
}

function classRows(kind, rows, names) {
  const ofClass = rows.filter(({first}) => first.class === kind);
  if (!ofClass.length) return [];
  return [element("tr", {class: "kind"}, element("th", {scope: "rowgroup", colspan: names.length + 2}, kind)), ...ofClass.map(row => scenarioRow(row, names))];
}

function matrixOf(audits, rows) {
  const names = audits.map(clientOf);
  const heads = ["Scenario", ...names.map(name => element("span", {class: "column", title: name}, name)), ""];
  return table("matrix", heads, CLASSES.map(kind => classRows(kind, rows, names)));
}

const LEGEND = "✓ pass, ~ not optimal, ✗ fail, · not exercised: the situation did not come about; – nothing for this client or its driver; " +
  "! the audit failed; yes and no: whether it does what class info asks; 17/20: in so many plays. A cell opens what the client was told, did and said.";

export function showMatrix({audits}) {
  const rows = scenariosOf(audits);
  const only = element("input", {type: "checkbox", id: "only-differing"});
  const matrix = matrixOf(audits, rows);
  only.addEventListener("change", () => matrix.classList.toggle("only-differing", only.checked));
  byId("report").replaceChildren(
    element("p", {class: "lead"}, "What these clients do where servers keep, break and end connections."),
    clientRows(audits), element("p", {class: "hint"}, LEGEND),
    element("p", {}, only, element("label", {for: "only-differing"}, ` only the ${rows.filter(differs).length} of ${rows.length} scenarios in which they differ`)), matrix);
}
