#include "server/lab/experiments/html_style.h"

namespace closelab::lab {

// Classes named in capitals are TCP states: their colours are tints that the text stands on.
const std::string_view html_style = R"css(
:root {
  color-scheme: light;
  --page: #ffffff; --panel: #f6f7f9; --line: #d5d9df; --ink: #1b1e23; --quiet: #59606b; --link: #0b57a4;
  --good: #17602f; --good-tint: #e2f4e7; --bad: #9b1420; --bad-tint: #fde6e7; --mixed: #704500; --mixed-tint: #fff0d0;
  --syn: #17602f; --fin: #8a4b00; --rst: #b3141f;
  --opening: #cfe2fa; --open: #c9ecd2; --waiting: #ffedc2; --waiting-2: #fcd27e; --half: #ffc9a3; --last: #f5b9ae; --crossing: #f2c4dc;
  --time-wait: #d8cbf8; --closed: #e2e5e9;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --page: #14161a; --panel: #1b1e24; --line: #373d47; --ink: #e7e9ec; --quiet: #a4abb6; --link: #86bcff;
    --good: #93deaa; --good-tint: #16351f; --bad: #ffa1a6; --bad-tint: #45191d; --mixed: #f3c97b; --mixed-tint: #3d2c0c;
    --syn: #93deaa; --fin: #f3c97b; --rst: #ff9096;
    --opening: #1e4a7a; --open: #1f5a33; --waiting: #5c4612; --waiting-2: #806014; --half: #7d4217; --last: #7a322a; --crossing: #6f2f52;
    --time-wait: #513d92; --closed: #3b414b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 54rem; background: var(--page); color: var(--ink);
  font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
h1, h2, h3 { line-height: 1.2; margin: 0; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: 1.9rem; letter-spacing: -.01em; }
h2 { font-size: 1.4rem; margin-bottom: .5rem; }
h3 { font-size: 1.05rem; }
p, blockquote, dl, ul, table, figure, pre, details { margin: .75rem 0; }
p, blockquote, dd, li { max-width: 68ch; overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code, pre, svg text { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code, pre { font-size: .85em; overflow-wrap: anywhere; }
header p { color: var(--quiet); }
section, article { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 2rem; }
article > section { margin-top: 1.75rem; padding-top: 1.25rem; }
.lead { font-size: 1.15rem; }
.number { color: var(--quiet); font-weight: 400; }
blockquote { margin-left: 0; padding: .1rem 0 .1rem 1rem; border-left: 4px solid var(--line); font-size: 1.12rem; }
blockquote p { margin: .25rem 0; }
.label { color: var(--quiet); font-size: .85rem; }
.badge { display: inline-block; padding: .1em .6em; border-radius: 1em; font-size: .85rem; font-weight: 600;
  white-space: nowrap; background: var(--closed); color: var(--ink); }
.confirmed, .yes { background: var(--good-tint); color: var(--good); }
.refuted, .no { background: var(--bad-tint); color: var(--bad); }
.conditional { background: var(--mixed-tint); color: var(--mixed); }
.warning { padding: .6rem .9rem; border-radius: .4rem; background: var(--bad-tint); color: var(--bad); }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .3rem 1rem; }
dt { color: var(--quiet); }
dd { margin: 0; }
dd ul { margin: 0; padding-left: 1.1rem; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .75rem .45rem 0; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; }
thead th { border-top: 0; color: var(--quiet); font-size: .85rem; font-weight: 400; }
th[scope=row] { font-weight: 600; overflow-wrap: normal; }
td:last-child { padding-right: 0; }
td .badge, th .badge { font-size: .8rem; }
.judged td:nth-child(2) { white-space: nowrap; }
.links a { display: block; }
.inline { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1.25rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; background: var(--panel); }
figure { margin-left: 0; margin-right: 0; }
svg { display: block; width: 100%; min-width: 30rem; max-width: 46rem; height: auto;
  margin: 0 auto; padding: .5rem; }
.scroll svg + svg { border-top: 1px solid var(--line); }
pre { padding: .6rem .9rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--panel);
  white-space: pre-wrap; }
summary { cursor: pointer; color: var(--link); }
svg text { font-size: 12px; fill: var(--ink); }
svg .left { text-anchor: end; }
svg .middle { text-anchor: middle; }
svg .quiet { fill: var(--quiet); }
svg .name { font-weight: 700; }
svg .state { font-weight: 700; }
svg .sent, svg .call { paint-order: stroke; stroke: var(--panel); stroke-width: 4px; }
svg .sent { fill: currentColor; }
svg line { stroke: currentColor; stroke-width: 1.4; }
svg .lane, svg .axis { stroke: var(--line); }
svg path { fill: currentColor; }
svg .cross { fill: none; stroke: currentColor; stroke-width: 2; }
.data { color: var(--ink); }
.syn { color: var(--syn); }
.fin { color: var(--fin); }
.rst { color: var(--rst); }
.lost { color: var(--quiet); }
.lost line, .repeated line { stroke-dasharray: 4 3; }
rect.SYN_SENT, rect.SYN_RECEIVED { fill: var(--opening); }
rect.ESTABLISHED { fill: var(--open); }
rect.FIN_WAIT_1 { fill: var(--waiting); }
rect.FIN_WAIT_2 { fill: var(--waiting-2); }
rect.CLOSE_WAIT { fill: var(--half); }
rect.LAST_ACK { fill: var(--last); }
rect.CLOSING { fill: var(--crossing); }
rect.TIME_WAIT { fill: var(--time-wait); }
rect.CLOSED, rect.LISTEN { fill: var(--closed); }
rect { stroke: var(--panel); stroke-width: 1; }
@media (max-width: 40rem) {
  body { padding-top: 1rem; font-size: 1rem; }
  h1 { font-size: 1.55rem; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: .5rem; }
  table, tbody, th, td { display: block; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  tr { display: flex; flex-wrap: wrap; gap: .1rem .75rem; border-top: 1px solid var(--line); padding: .5rem 0; }
  th, td { border: 0; padding: 0; }
  .claims td:nth-child(2) { flex: 1; min-width: 70%; }
  .claims .links, .judged th { flex-basis: 100%; }
  .claims td:nth-child(3) { margin-left: 2.6rem; }
  .claims .links { padding-left: 2.6rem; }
  .claims th { width: 1.85rem; }
}
@media print {
  @page { margin: 15mm; }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  article { break-before: page; border-top: 0; margin-top: 0; padding-top: 0; }
  section { margin-top: 1.25rem; padding-top: 1rem; }
  h2, h3, .label, .inline { break-after: avoid; }
  figure, tr, blockquote, dl, pre { break-inside: avoid; }
  .scroll { overflow: visible; border: 0; background: none; }
  svg { min-width: 0; padding: 0; max-width: 12cm; max-height: 17cm; }
  rect, .badge { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  a { color: inherit; text-decoration: none; }
}
)css";

}  // namespace closelab::lab
