"""A report as one page: no script, no font, no request, calm in the dark and in the light."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from typing import Final

from liqdesk.lab import plots
from liqdesk.lab.report import Report, bands, extent, protocol, verdict
from liqdesk.lab.scoring import MapScore, Score
from liqdesk.lab.words import day, length, moment, signed, usd

STYLE: Final = """
:root{color-scheme:dark light;--window:#07090D;--panel:#0F131A;--line:#1C232E;--border:#2E3947;--t1:#E8ECF2;--t2:#A9B3C1;
--t3:#7D8896;--good:#3FD68F;--bad:#FF4F8B;--main:#6EA8FF;--other:#54698B}
@media(prefers-color-scheme:light){:root{--window:#E4E7EC;--panel:#FFFFFF;--line:#DDE2E9;--border:#B9C2CE;--t1:#12171F;
--t2:#465160;--t3:#566170;--good:#0A7343;--bad:#C2005E;--main:#1F63D6;--other:#8FA6BF}}
*{box-sizing:border-box}
body{margin:0;background:var(--window);color:var(--t1);font:14px/1.5 Inter,"Segoe UI Variable Text","SF Pro Text",system-ui,
"Noto Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1000px;margin:0 auto;padding:24px 16px 40px}
h1{font-size:22px;font-weight:600;margin:0 0 4px}h2{font-size:18px;font-weight:600;margin:0}
h3{font-size:14px;font-weight:600;margin:0 0 8px}
p{margin:6px 0;color:var(--t2)}p.say{color:var(--t1);font-size:16px}p.good{color:var(--good)}p.bad{color:var(--bad);font-weight:600}
section{background:var(--panel);border-radius:6px;padding:20px;margin:16px 0}
section>*+h3,section>.two{margin-top:28px}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(340px,1fr));gap:24px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:16px 0 4px;white-space:nowrap;font-size:13px}
th{font-weight:500;font-size:12px;color:var(--t3);text-align:right;padding:4px 6px;border-bottom:1px solid var(--border)}
td{text-align:right;padding:5px 6px;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left;padding-left:0}tr.ours td{font-weight:600}
td.good{color:var(--good)}td.bad{color:var(--bad);font-weight:600}td.even{color:var(--t2)}
svg{width:100%;height:auto;display:block;font-size:12px}.scroll>svg{min-width:700px}
svg text{fill:var(--t2)}svg .note{fill:var(--t3);font-size:11px}svg .name{fill:var(--t1)}svg .name.main{fill:var(--main)}
svg .name.good{fill:var(--good)}svg .name.bad{fill:var(--bad)}svg .name.even{fill:var(--t2)}
.grid{stroke:var(--line)}.zero{stroke:var(--t3)}.dash{stroke-dasharray:4 4}.stem{stroke:var(--border)}
.stroke{stroke-width:1.5}.stroke.good{stroke:var(--good)}.stroke.bad{stroke:var(--bad)}.stroke.even{stroke:var(--t2)}
.fill.good{fill:var(--good)}.fill.bad{fill:var(--bad)}.fill.even{fill:var(--t2)}.fill.main{fill:var(--main)}
.hollow{fill:none;stroke:var(--main);stroke-width:1.5}
.curve{fill:none;stroke-width:1.5;stroke:var(--other)}.curve.main{stroke:var(--main);stroke-width:2}
ul{margin:8px 0;padding-left:18px;color:var(--t2)}code{font:12px ui-monospace,monospace;color:var(--t1);overflow-wrap:anywhere}
@media print{body{background:none}section{break-inside:avoid}}
"""


def as_html(report: Report) -> str:
    """Return the whole page."""
    names = ", ".join(s.symbol for s in report.scores)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>liqdesk score: {escape(names)}</title>",
        f"<style>{STYLE}</style></head><body><main>",
        f"<h1>How well the map tells where liquidations fall: {escape(names)}</h1>",
        f"<p>liqdesk {escape(report.version)}, engine {escape(report.model)}. An estimate, not advice.</p>",
    ]
    if len(report.scores) > 1:
        parts.append(_overview(report.scores))
    for score in report.scores:
        parts += _section(score)
    parts.append("<section><h2>How to repeat it</h2>")
    parts.append(f"<p>With the same history: <code>{escape(report.command)}</code></p></section>")
    parts.append("</main></body></html>\n")
    return "\n".join(parts)


def _number(value: float | None, digits: int = 3) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f}".replace("-", "−")


def _cells(values: Iterable[str]) -> str:
    return "".join(f"<td>{escape(v)}</td>" for v in values)


def _overview(scores: tuple[Score, ...]) -> str:
    rows = []
    for s in scores:
        css = {True: "good", False: "bad", None: "even"}[verdict(s)[1]]
        lead = _cells((s.symbol, f"{len(s.days)}", _number(s.maps[0].d2), _number(s.maps[0].rho), s.best.title))
        rows.append(f'<tr>{lead}<td class="{css}">{escape(_lead(s.best))}</td></tr>')
    head = "".join(f"<th>{h}</th>" for h in ("", "days", "D2", "rank ρ", "best naive map", "lead in D2 [95 %]"))
    return f'<section><div class="scroll"><table><tr>{head}</tr>{"".join(rows)}</table></div></section>'


def _lead(m: MapScore) -> str:
    if m.lead is None or m.low is None or m.high is None:
        return ""
    return f"{signed(m.lead)} [{signed(m.low)}, {signed(m.high)}]"


def _section(score: Score) -> list[str]:
    words, better = verdict(score)
    css = {True: "good", False: "bad", None: ""}[better]
    out = [
        "<section>",
        f"<h2>{escape(score.symbol)}</h2>",
        f"<p>{escape(extent(score))}</p>",
        f'<p class="say {css}">{escape(words)}</p>',
        *(f'<p class="say">{escape(note)}</p>' for note in score.notes),
        _table(score),
        "<h3>Lead over each naive map, with 95 % intervals from draws of whole days</h3>",
        f'<div class="scroll">{plots.leads(score)}</div>',
        "<h3>How the lead added up over the days</h3>",
        f'<div class="scroll">{plots.running(score)}</div>',
        '<div class="two">',
        f"<div><h3>Is a forecast worth its size? By tenths of the forecast</h3>{plots.reliability(score)}</div>",
        f"<div><h3>Week by week</h3>{plots.weeks(score)}</div>",
        "</div>",
        f"<p>{escape(bands(score))}</p>",
        "<h3>How it was scored</h3>",
        "<ul>",
        *(f"<li>{escape(sentence)}</li>" for sentence in protocol(score)),
        *(f"<li>Left out: {count:,} bars, {escape(reason)}.</li>" for reason, count in score.left_out.items()),
        f"<li>Judged: bars of {length(score.bar_ms)} that open from {moment(score.from_ms)} to "
        f"{moment(score.to_ms - score.bar_ms)} UTC, first day {day(score.days[0])}.</li>",
        "</ul></section>",
    ]
    return out


def _table(score: Score) -> str:
    heads = ("map", "D2", "rank ρ", "Tweedie dev.", "Poisson dev.", "forecast ÷ real", "lead in D2 [95 %]")
    rows = []
    for i, m in enumerate(score.maps):
        numbers = (m.title, _number(m.d2), _number(m.rho), usd(m.tweedie), usd(m.poisson), _number(m.ratio, 2))
        css = plots.judgement(m.low, m.high)[0] if m.low is not None and m.high is not None else ""
        ours = "" if i else ' class="ours"'
        rows.append(f'<tr{ours}>{_cells(numbers)}<td class="{css}">{escape(_lead(m)) or "–"}</td></tr>')
    null = (
        "Running mean (D2 is 0)",
        "0",
        "–",
        usd(score.null_tweedie),
        usd(score.null_poisson),
        "–",
        "–",
    )
    rows.append(f"<tr>{_cells(null)}</tr>")
    head = "".join(f"<th>{h}</th>" for h in heads)
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(rows)}</table></div>'
