"""How the document looks: light or dark as the reader's system is, black on white when printed."""

STYLE = """
:root { color-scheme: light dark; --ink: #0e1622; --page: #fff; --soft: #f3f5f8; --line: #d5dbe3;
  --quiet: #4a535f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --page: #12171e; --soft: #1b222c;
  --line: #344050; --quiet: #c2cad4; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 72rem; color: var(--ink);
  background: var(--page); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.75rem; margin: 0; } h2 { font-size: 1.25rem; margin: 2.25rem 0 .5rem; }
p { margin: .4rem 0; } .quiet { color: var(--quiet); font-size: .875rem; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem;
  margin: .75rem 0; padding: 0; list-style: none; }
.numbers li { background: var(--soft); border: 1px solid var(--line); border-radius: .6rem;
  padding: .75rem 1rem; }
.numbers b { display: block; font-size: 1.6rem; line-height: 1.2; }
.numbers small { color: var(--quiet); display: block; }
figure { margin: 1rem 0; overflow-x: auto; } figure svg { max-width: 100%; height: auto; }
figcaption { color: var(--quiet); font-size: .875rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: break-word; max-width: 20rem; }
td small { color: var(--quiet); display: block; font-size: .75rem; }
@media (min-width: 60rem) { td small, td { white-space: nowrap; } }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
dt { font-weight: 650; margin-top: .5rem; } dd { margin: 0 0 0 1rem; }
@media print { :root { --ink: #000; --page: #fff; --soft: #fff; --line: #999; --quiet: #333; }
  body { max-width: none; padding: 0; } figure, .numbers li, tr { break-inside: avoid; }
  h2 { break-after: avoid; } thead { display: table-header-group; }
  .scroll, figure { overflow: visible; } td, td small { white-space: normal; }
  td:first-child { overflow-wrap: anywhere; } }
"""
