// Small helpers for the document. Texts become text nodes, never markup: what a peer sent can't do anything here.

export const byId = id => document.getElementById(id);

// element("button", {class: "danger", onclick: f}, "text", child...)
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  return fill(made, attributes, children);
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined));
  return made;
}

export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

// What could steer the reader's eye instead of being read: controls, and marks that turn the direction of writing.
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
export const printable = text =>
  String(text).replace(INVISIBLE, mark => `\\u{${mark.codePointAt(0).toString(16)}}`);

export function copyButton(text, label = "copy") {
  const button = element("button", {class: "copy", type: "button", "aria-label": `copy: ${text}`}, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "copied";
    } catch {
      button.textContent = "select it by hand";
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}

// True when the question was answered with yes.
export function ask(question) {
  const dialog = byId("ask");
  setText(byId("ask-text"), question);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise(resolve => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), {once: true});
  });
}
