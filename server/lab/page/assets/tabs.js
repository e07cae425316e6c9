// Tabs as the ARIA practices have them: arrows move, the panel follows.

import {byId} from "./dom.js";

const tabs = () => [...document.querySelectorAll('[role="tab"]')];

function select(tab, shown) {
  for (const one of tabs()) {
    const active = one === tab;
    one.setAttribute("aria-selected", String(active));
    one.tabIndex = active ? 0 : -1;
    byId(one.getAttribute("aria-controls")).hidden = !active;
  }
  shown[tab.getAttribute("aria-controls")]?.();
}

export function setUpTabs(shown) {
  for (const tab of tabs()) {
    tab.addEventListener("click", () => select(tab, shown));
    tab.addEventListener("keydown", event => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (!step) return;
      const all = tabs();
      const next = all[(all.indexOf(tab) + step + all.length) % all.length];
      next.focus();
      select(next, shown);
    });
  }
}
