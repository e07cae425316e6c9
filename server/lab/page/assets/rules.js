// Rules: those in effect, and a form that makes one and shows how a conf file would have it.

import {asCurl, get, post, remove} from "./api.js";
import {ask, copyButton, element, printable} from "./dom.js";
import {CLOSE_MODES} from "./detail.js";

const MOMENTS = ["accept", "request_headers", "request_body:0", "before_response", "response_headers",
                 "response_body:100", "after_response", "idle:1s", "next_request"];
const ACTIONS = {close: CLOSE_MODES, delay: "200ms", stall: true, truncate: true, slow: "100/50ms"};

const field = (name, label, attributes = {}) =>
  element("label", {}, `${label} `, element("input", {name, autocomplete: "off", ...attributes}));

function actionValue(form) {
  const kind = form.elements.action.value;
  if (ACTIONS[kind] === true) return true;
  return kind === "close" ? form.elements.mode.value : form.elements.value.value;
}

// As the admin port takes it; what is left empty is left out.
export function ruleOf(form) {
  const rule = {at: form.elements.at.value, [form.elements.action.value]: actionValue(form)};
  if (form.elements.path.value) rule.path = form.elements.path.value;
  for (const key of ["connection", "request", "times"])
    if (form.elements[key].value) rule[key] = Number(form.elements[key].value);
  if (form.elements.probability.value) rule.probability = Number(form.elements.probability.value);
  return rule;
}

const toml = value => (typeof value === "string" ? JSON.stringify(value) : String(value));
export const confOf = rule =>
  ["[[rule]]", ...Object.entries(rule).map(([key, value]) => `${key} = ${toml(value)}`)].join("\n");

function ruleForm(refresh) {
  const said = element("p", {role: "alert", class: "wrong"});
  const conf = element("pre", {"aria-label": "the rule as a conf file has it"});
  const copies = element("span");
  const mode = element("label", {}, "mode ", element("select", {name: "mode"}, CLOSE_MODES.map(name => element("option", {}, name))));
  const value = field("value", "how long, or pace");
  const form = element("form", {class: "rule-form"},
    element("label", {}, "at ", element("input", {name: "at", list: "moments", value: "before_response", required: true})),
    element("datalist", {id: "moments"}, MOMENTS.map(name => element("option", {value: name}))),
    element("label", {}, "do ", element("select", {name: "action"}, Object.keys(ACTIONS).map(name => element("option", {}, name)))),
    mode, value, field("path", "path", {placeholder: "any"}), field("connection", "connection", {type: "number", min: 1}),
    field("request", "request", {type: "number", min: 1}), field("times", "times", {type: "number", min: 1, value: 1}),
    field("probability", "probability", {type: "number", min: 0, max: 1, step: "any"}),
    element("button", {}, "add the rule"), said);
  const show = () => {
    const kind = form.elements.action.value;
    mode.hidden = kind !== "close";
    value.hidden = typeof ACTIONS[kind] !== "string";
    if (!value.hidden && !form.elements.value.value) form.elements.value.value = ACTIONS[kind];
    const rule = ruleOf(form);
    conf.textContent = confOf(rule);
    copies.replaceChildren(copyButton(conf.textContent, "copy"), copyButton(asCurl("POST", "/rules", rule), "as curl"));
  };
  form.addEventListener("input", event => {
    if (event.target === form.elements.action) form.elements.value.value = "";
    show();
  });
  form.addEventListener("submit", async event => {
    event.preventDefault();
    try {
      await post("/rules", ruleOf(form));
      said.textContent = "";
      await refresh();
    } catch (error) {
      said.textContent = printable(error.message);
    }
  });
  show();
  return element("div", {class: "rule-maker"}, form, element("div", {}, conf, copies));
}

const ruleItem = (rule, refresh) => element("li", {}, element("span", {}, printable(rule.text)),
  element("span", {class: "fired"}, rule.fired === 1 ? "has acted 1 time" : `has acted ${rule.fired} times`),
  element("button", {type: "button", onclick: async () => { await remove(`/rules/${rule.id}`); await refresh(); }}, "remove"));

export async function showRules(panel) {
  const list = element("ul", {class: "rules"});
  let shown = null;
  const refresh = async () => {
    const {rules} = await get("/rules");
    // A list that is drawn anew takes the keyboard's focus away.
    const now = JSON.stringify(rules);
    if (now === shown) return;
    shown = now;
    all.hidden = rules.length === 0;
    list.replaceChildren(...(rules.length ? rules.map(rule => ruleItem(rule, refresh)) : [element("li", {}, "none")]));
  };
  const all = element("button", {type: "button", class: "danger", onclick: async () => {
    if (await ask("Remove all rules?")) { await remove("/rules"); await refresh(); }
  }}, "remove all");
  panel.replaceChildren(element("h2", {}, "Rules in effect"), list, all, element("h2", {}, "A new rule"), ruleForm(refresh));
  await refresh();
  // Rules act without being asked to.
  setInterval(() => { if (panel.checkVisibility()) refresh().catch(() => {}); }, 1000);
  return refresh;
}
