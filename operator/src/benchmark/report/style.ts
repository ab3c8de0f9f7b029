/** The style sheet of a report: light and dark as the reader's system is, and light on paper. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --ink: #171b21; --muted: #58616d; --line: #dfe3e8; --faint: #eceff2;
  --p50: #0f9488; --p95: #2563eb; --p99: #8250df; --slo: #b54708; --bad: #d1242f; --good: #1a7f37;
  --plain: #58616d; --inside: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1116; --card: #171b22; --ink: #e8ebef; --muted: #9aa5b1; --line: #313843; --faint: #242a33;
    --p50: #2dd4bf; --p95: #6ea8fe; --p99: #c6a5ff; --slo: #ffb454; --bad: #ff7b72; --good: #56d364;
    --plain: #9aa5b1; --inside: #0e1116;
  }
}
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --card: #ffffff; --ink: #000000; --muted: #444444; --line: #cccccc; --faint: #e5e5e5;
    --p50: #0f9488; --p95: #2563eb; --p99: #8250df; --slo: #b54708; --bad: #d1242f; --good: #1a7f37;
    --plain: #444444; --inside: #ffffff;
  }
  body { print-color-adjust: exact; }
  .charts { grid-template-columns: 1fr 1fr !important; }
  figure, .tiles, tr { break-inside: avoid; }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 2rem 1rem 3rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif;
  overflow-wrap: anywhere;
}
main { max-width: 72rem; margin: 0 auto; }
header { border-left: 5px solid var(--verdict); padding: 0.1rem 0 0.1rem 1rem; margin-bottom: 1.5rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; }
h1 small { font-weight: 400; font-size: 1rem; color: var(--muted); }
h2 { font-size: 1.05rem; margin: 0 0 0.6rem; }
.verdict { margin: 0.35rem 0 0; font-size: 1.05rem; }
.verdict strong { color: var(--verdict); }
.met { --verdict: var(--good); }
.missed-slo, .invalid { --verdict: var(--bad); }
.measured { --verdict: var(--plain); }
.tiles, .charts { display: grid; gap: 1rem; margin: 0 0 1rem; padding: 0; }
.tiles { grid-template-columns: repeat(auto-fit, minmax(8.6rem, 1fr)); }
.charts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); }
.tiles div, figure, section {
  background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.85rem 1rem; margin: 0;
}
.tiles dt { color: var(--muted); font-size: 0.85rem; }
.tiles dd { margin: 0; font-size: 1.3rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tiles dd small { display: block; font-size: 0.8rem; font-weight: 400; color: var(--muted); line-height: 1.35; }
section { margin-bottom: 1rem; }
section { overflow-x: auto; }
section > p { margin: 0 0 0.6rem; max-width: 46rem; }
section > p:last-child { margin-bottom: 0; }
figcaption { font-weight: 600; margin-bottom: 0.5rem; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; fill: var(--ink); }
svg .tick, svg .axis-title, svg .remark { fill: var(--muted); font-size: 11.5px; }
svg .name, svg .value, svg .inside { font-size: 13px; font-weight: 600; }
svg .inside { fill: var(--inside); }
svg .note { font-weight: 600; }
svg .note, svg .remark { stroke: var(--card); stroke-width: 4px; stroke-dasharray: none; paint-order: stroke; }
svg .note.slo { fill: var(--slo); }
svg .note.found { fill: var(--good); }
line, polyline, path { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.grid { stroke: var(--faint); stroke-width: 1; }
.axis { stroke: var(--muted); stroke-width: 1; }
line.p50, polyline.p50 { stroke: var(--p50); stroke-width: 1.75; }
line.p95, polyline.p95 { stroke: var(--p95); stroke-width: 2.75; }
line.p99, polyline.p99 { stroke: var(--p99); stroke-width: 1.75; stroke-dasharray: 5 4; }
line.rate, polyline.rate { stroke: var(--p95); stroke-width: 2.25; }
line.slo { stroke: var(--slo); stroke-width: 1.75; stroke-dasharray: 2 4; }
line.found { stroke: var(--good); stroke-width: 1.75; stroke-dasharray: 7 4; }
rect.p50, .dot.p50 { fill: var(--p50); }
rect.p95, .dot.p95, .dot.rate, circle.held { fill: var(--p95); }
rect.p99, .dot.p99 { fill: var(--p99); }
rect.errors { fill: var(--bad); }
circle.held { stroke: var(--card); stroke-width: 1.5; }
path.missed { stroke: var(--bad); stroke-width: 2.5; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1.25rem; margin: 0; }
dl.facts dt { color: var(--muted); }
dl.facts dd { margin: 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; font-size: 0.9rem; }
caption { text-align: left; font-weight: 600; font-size: 1.05rem; padding-bottom: 0.4rem; }
th, td {
  text-align: right; padding: 0.2rem 0.6rem; border-top: 1px solid var(--faint);
  overflow-wrap: normal; white-space: nowrap;
}
th:first-child, td:first-child { padding-left: 0; text-align: left; }
thead th { color: var(--muted); font-weight: 500; border-top: 0; }
footer { color: var(--muted); font-size: 0.85rem; max-width: 52rem; }
code { font: 0.92em ui-monospace, "Liberation Mono", monospace; }
@media (max-width: 30rem) {
  dl.facts { grid-template-columns: 1fr; }
  dl.facts dd { margin-bottom: 0.4rem; }
  figure, section { padding: 0.6rem 0.7rem; }
  body { padding: 1rem 0.6rem 2rem; }
  table { font-size: 0.75rem; }
  th, td { padding: 0.2rem; }
  th:last-child, td:last-child { padding-right: 0; }
}
`;
