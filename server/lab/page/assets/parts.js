// Parts of a report that an experiment and an audit have in common.

import {element, printable} from "./dom.js";

export const anchor = name => `e-${name.replace(/[^a-z0-9-]/gi, "-")}`;
const slug = text => text.replaceAll(" ", "-");
export const badge = (text, kind = slug(text)) => element("span", {class: `badge ${kind}`}, text);
export const term = (name, ...values) => [element("dt", {}, name), element("dd", {}, values)];
export const table = (kind, heads, rows) => element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": kind},
  element("table", {class: kind},
    element("thead", {}, element("tr", {}, heads.map(head => element("th", {scope: "col"}, head)))),
    element("tbody", {}, rows)));

export function judgedRows(list, kind, yes, no) {
  return list.map(one => element("tr", {}, element("th", {scope: "row"}, element("code", {}, printable(one.text))),
    element("td", {}, kind), element("td", {}, printable(one.seen)),
    element("td", {}, one.holds === null ? badge("can't be seen here", "unseen") : badge(one.holds ? yes : no, one.holds ? "yes" : "no"))));
}

export function transcript(steps, summary) {
  if (!steps.length) return null;
  const text = element("pre", {tabindex: "0"}, printable(steps.join("\n")));
  return element("details", {open: steps.length <= 12}, element("summary", {}, summary), text);
}
