"""The figures of compare.py as text and as a picture."""

MODE_TITLES = {'keep-alive': 'keep-alive 64', 'single': 'keep-alive 1', 'pipelined': 'pipelined 16',
               'server-closes': 'server closes', 'lingering': 'lingering', 'client-closes': 'client closes',
               'client-resets': 'client resets'}
SINGLES = [('idle_bytes', 'bytes/idle conn.', '{:,.0f}'), ('start_ms', 'start ms', '{:.1f}'),
           ('stop_ms', 'stop ms', '{:.1f}')]


def names(outcome):
    return list(dict.fromkeys(figure['server'] for figure in outcome['figures']))


def by_place(outcome):
    return {(figure['server'], figure['mode']): figure for figure in outcome['figures']}


def table(head, rows):
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    line = lambda row: '  '.join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths)))
    return '\n'.join(line(row).rstrip() for row in [head, *rows])


def ratio_cell(figure):
    if figure is None:
        return '-'
    if not figure['ratio']:
        return f'{figure["cpu_us"][1]:.2f} us'
    low, median, high = figure['ratio']
    return f'{median:.2f} ({low:.2f}-{high:.2f})'


def ratios(outcome):
    modes, places = [mode['name'] for mode in outcome['modes']], by_place(outcome)
    rows = [[name, *(ratio_cell(places.get((name, mode))) for mode in modes)] for name in names(outcome)]
    floor = [places.get(('floor', mode)) for mode in modes]
    rows.insert(0, ['floor, us', *(f'{figure["cpu_us"][1]:.2f}' for figure in floor)])
    return table(['server CPU per request', *(MODE_TITLES[mode] for mode in modes)], rows)


def speeds(outcome):
    modes, places = [mode['name'] for mode in outcome['modes']], by_place(outcome)
    cell = lambda figure: f'{figure["per_second"]:,.0f}/s {figure["p50_us"]:.0f} {figure["p99_us"]:.0f}' if figure else '-'
    rows = [[name, *(cell(places.get((name, mode))) for mode in modes)] for name in names(outcome)]
    return table(['rate, and latency p50 p99 in us', *(MODE_TITLES[mode] for mode in modes)], rows)


def singles(outcome):
    rows = [[row['server'], *(form.format(row[key]) if key in row else '-' for key, _, form in SINGLES)]
            for row in outcome['singles']]
    return table(['', *(title for _, title, _ in SINGLES)], rows)


def failures(outcome):
    failed = [f'{figure["server"]}, {figure["mode"]}: {figure["failed"]} of {figure["requests"]} failed'
              for figure in outcome['figures'] if figure['failed']]
    return '\n'.join(failed) or f'no failure in {sum(figure["requests"] for figure in outcome["figures"]):,} requests'


def text(outcome):
    parts = [f'Ratio to the floor in the same round: median of {outcome["rounds"]} rounds (quartiles)', ratios(outcome),
             '', speeds(outcome), '', failures(outcome)]
    if outcome['singles']:
        parts += ['', singles(outcome)]
    return '\n'.join(parts)


# --- the picture: a panel for each mode, a bar for each server


BAR, GAP, PANEL, LEFT, TOP, ACROSS = 11, 4, 172, 190, 30, 4
STYLE = """text { font: 11px sans-serif; fill: #222 } .small { fill: #666 } .mode { font-weight: bold }
.bar { fill: #b8c0cc } .own { fill: #d9822b } .line { stroke: #444; stroke-dasharray: 3 2 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .small { fill: #aaa } .bar { fill: #66707f }
.line { stroke: #bbb } }"""
WIDEST = 4.0  # a bar that is longer is cut, and its number says how long it would be
UNIT = (PANEL - 56) / WIDEST


def bar(x, y, name, ratio):
    kind = 'own' if name.startswith('closelab') else 'bar'
    width = min(ratio, WIDEST) * UNIT
    more = '… ' if ratio > WIDEST else ''
    return (f'<rect class="{kind}" x="{x}" y="{y}" width="{width:.1f}" height="{BAR}"/>'
            f'<text class="small" x="{x + width + 4:.1f}" y="{y + BAR - 2}">{more}{ratio:.2f}</text>')


def panel(x, y, mode, servers, places):
    """`y` is where the bars begin."""
    rows = [(y + row * (BAR + GAP), name) for row, name in enumerate(servers)]
    bottom = y + len(servers) * (BAR + GAP)
    return [f'<text class="mode" x="{x}" y="{y - 8}">{MODE_TITLES[mode]}</text>',
            *(bar(x, at, name, places[name, mode]['ratio'][1]) for at, name in rows if (name, mode) in places),
            f'<line class="line" x1="{x + UNIT:.1f}" x2="{x + UNIT:.1f}" y1="{y - 4}" y2="{bottom}"/>']


def svg(outcome):
    servers, places = names(outcome), by_place(outcome)
    modes = [mode['name'] for mode in outcome['modes']]
    height = len(servers) * (BAR + GAP) + 34
    parts = [f'<text x="10" y="14">Server CPU per request, as a ratio to the floor (dashed line): '
             f'median of {outcome["rounds"]} rounds</text>']
    for number, mode in enumerate(modes):
        row, column = divmod(number, ACROSS)
        y = TOP + 14 + row * height
        if column == 0:
            parts += [f'<text x="10" y="{y + at * (BAR + GAP) + BAR - 2}">{name}</text>' for at, name in enumerate(servers)]
        parts += panel(LEFT + column * PANEL, y, mode, servers, places)
    rows = (len(modes) + ACROSS - 1) // ACROSS
    body = '\n'.join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + min(len(modes), ACROSS) * PANEL}" '
            f'height="{TOP + rows * height}">\n<style>{STYLE}</style>\n{body}\n</svg>\n')
