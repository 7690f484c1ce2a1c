"""Plots of a score as inline SVG; colours come from the page's style by class."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from liqdesk.lab.scoring import Score
from liqdesk.lab.words import day, signed, usd

WIDE, TALL = 880, 300


def _svg(width: int, height: int, label: str, parts: Iterable[str]) -> str:
    body = "\n".join(parts)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">\n{body}\n</svg>'


def _text(x: float, y: float, words: str, css: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{css}" text-anchor="{anchor}">{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"/>'


def _dot(x: float, y: float, css: str, radius: float = 4.0) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" class="{css}"/>'


def _path(points: Sequence[tuple[float, float]], css: str) -> str:
    return f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" class="{css}"/>'


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers within [low, high], at most `most` of them."""
    size = max(high - low, 1e-12) / most
    unit = 10.0 ** math.floor(math.log10(size))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= size * 0.999)
    return [n * step for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def judgement(low: float, high: float) -> tuple[str, str]:
    """Return (class, word) for a lead's interval."""
    if low > 0:
        return "good", "clear"
    return ("bad", "worse") if high < 0 else ("even", "not clear")


def leads(score: Score) -> str:
    """Draw the lead over each naive map with its interval."""
    rows = [m for m in score.maps[1:] if m.lead is not None and m.low is not None and m.high is not None]
    left, right, row = 280, 690, 30
    low = min(0.0, *(m.low or 0.0 for m in rows))
    high = max(0.0, *(m.high or 0.0 for m in rows))
    low, high = low - 0.04 * (high - low) - 1e-6, high + 0.04 * (high - low) + 1e-6
    bottom = 12 + row * len(rows)

    def at(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    parts = []
    for tick in ticks(low, high):
        parts.append(_line(at(tick), 6, at(tick), bottom, "zero" if abs(tick) < 1e-12 else "grid"))
        parts.append(_text(at(tick), bottom + 18, signed(tick) if abs(tick) > 1e-12 else "0", "note", "middle"))
    parts.append(_text((left + right) / 2, bottom + 38, "lead of this map, in D2", "note", "middle"))
    for i, m in enumerate(rows):
        y = 12 + row * (i + 0.5)
        assert m.lead is not None
        assert m.low is not None
        assert m.high is not None
        css, word = judgement(m.low, m.high)
        parts.append(_text(left - 14, y + 4, m.title, "name", "end"))
        parts.append(_line(at(m.low), y, at(m.high), y, f"stroke {css}"))
        parts += [_line(at(v), y - 5, at(v), y + 5, f"stroke {css}") for v in (m.low, m.high)]
        parts.append(_dot(at(m.lead), y, f"fill {css}"))
        parts.append(_text(right + 14, y + 4, f"{signed(m.lead)}  {word}", f"name {css}"))
    return _svg(WIDE, bottom + 46, "Lead over each naive map, with 95 % intervals", parts)


def _decades(low: float, high: float) -> list[float]:
    return [10.0**n for n in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]


def reliability(score: Score) -> str:
    """Draw liquidated against forecast USD by tenths of the forecast; on the diagonal they agree."""
    seen = [v for s in score.deciles for v in (s.forecast, s.liquidated) if v > 0]
    if not seen:
        return ""
    low, high = min(seen) / 1.6, max(seen) * 1.6
    left, top, size = 64, 12, 320
    span = math.log(high / low)

    def x_of(v: float) -> float:
        return left + math.log(max(v, low) / low) / span * size

    def y_of(v: float) -> float:
        return top + size - math.log(max(v, low) / low) / span * size

    parts = []
    for v in _decades(low, high):
        parts.append(_line(x_of(v), top, x_of(v), top + size, "grid"))
        parts.append(_line(left, y_of(v), left + size, y_of(v), "grid"))
        parts.append(_text(x_of(v), top + size + 18, usd(v), "note", "middle"))
        parts.append(_text(left - 8, y_of(v) + 4, usd(v), "note", "end"))
    parts.append(_line(left, top + size, left + size, top, "zero dash"))
    parts.append(_path([(x_of(s.forecast), y_of(s.liquidated)) for s in score.deciles], "curve main"))
    for s in score.deciles:
        parts.append(_dot(x_of(s.forecast), y_of(s.liquidated), "fill main" if s.liquidated > 0 else "hollow"))
    parts.append(_text(left + size / 2, top + size + 38, "forecast, USD per bar and side", "note", "middle"))
    parts.append(_text(left + 6, top + 14, "liquidated, USD per bar and side", "note"))
    return _svg(left + size + 36, top + size + 48, "Liquidated against forecast, by decile of the forecast", parts)


def weeks(score: Score) -> str:
    """Draw forecast over liquidated USD week by week, on a scale of ratios."""
    found = [(s, s.forecast / s.liquidated) for s in score.weeks if s.liquidated > 0 and s.forecast > 0]
    if not found:
        return ""
    edge = max(2.0, *(max(r, 1 / r) for _, r in found)) * 1.1
    left, top, width, height = 56, 12, 340, 320

    def y_of(ratio: float) -> float:
        return top + height / 2 * (1 - math.log(ratio) / math.log(edge))

    marks = (1.0, 2.0, 4.0, 10.0, 100.0) if edge > 4 else (1.0, 1.2, 1.5, 2.0, 3.0)
    parts = []
    for r in sorted({v for m in marks for v in (m, 1 / m) if v <= edge and 1 / v <= edge}):
        parts.append(_line(left, y_of(r), left + width, y_of(r), "zero" if r == 1 else "grid"))
        parts.append(_text(left - 8, y_of(r) + 4, f"{r:.2g}", "note", "end"))
    pitch = width / len(score.weeks)
    every = max(1, math.ceil(len(score.weeks) / 5))
    for i, s in enumerate(score.weeks):
        x = left + pitch * (i + 0.5)
        if i % every == 0:
            parts.append(_text(x, top + height + 18, day(s.from_ms)[5:], "note", "middle"))
        if s.liquidated > 0 and s.forecast > 0:
            ratio = s.forecast / s.liquidated
            parts.append(_line(x, y_of(1.0), x, y_of(ratio), "stem"))
            parts.append(_dot(x, y_of(ratio), "fill main"))
            if len(score.weeks) <= 12:
                parts.append(_text(x, y_of(ratio) + (-10 if ratio >= 1 else 18), f"{ratio:.2f}", "name", "middle"))
    parts.append(_text(left + width / 2, top + height + 38, "week that begins on", "note", "middle"))
    parts.append(_text(left + 6, top + 14, "forecast ÷ liquidated USD", "note"))
    return _svg(left + width + 16, top + height + 48, "Forecast over liquidated USD, week by week", parts)


def running(score: Score) -> str:
    """Draw how the lead over each naive map added up over the days; the best naive map stands out."""
    series = [[0.0, *row] for row in score.leads]
    if not series:
        return ""
    low = min(0.0, *(min(row) for row in series))
    high = max(0.0, *(max(row) for row in series))
    low, high = low - 0.03 * (high - low) - 1e-6, high + 0.03 * (high - low) + 1e-6
    left, right, top, bottom = 64, 620, 12, TALL
    best = score.best.name

    def x_of(i: int) -> float:
        return left + i / max(len(series[0]) - 1, 1) * (right - left)

    def y_of(v: float) -> float:
        return bottom - (v - low) / (high - low) * (bottom - top)

    parts = []
    for tick in ticks(low, high, 5):
        zero = abs(tick) < 1e-12
        parts.append(_line(left, y_of(tick), right, y_of(tick), "zero" if zero else "grid"))
        parts.append(_text(left - 8, y_of(tick) + 4, "0" if zero else signed(tick), "note", "end"))
    count = len(score.days)
    for i in sorted({0, count // 4, count // 2, 3 * count // 4, count - 1}):
        parts.append(_text(x_of(i + 1), bottom + 18, day(score.days[i])[5:], "note", "middle"))
    for m, row in zip(score.maps[1:], series, strict=True):
        css = "curve main" if m.name == best else "curve other"
        parts.append(_path([(x_of(i), y_of(v)) for i, v in enumerate(row)], css))
    ends = sorted(((y_of(row[-1]), m) for m, row in zip(score.maps[1:], series, strict=True)), key=lambda e: e[0])
    for y, at in zip(_apart([e[0] for e in ends]), ends, strict=True):
        parts.append(_line(right + 2, at[0], right + 12, y, "stem"))
        parts.append(_text(right + 16, y + 4, at[1].title, "name main" if at[1].name == best else "name"))
    parts.append(_text(left + 6, top + 10, "lead so far, in D2 of the whole stretch", "note"))
    return _svg(WIDE, bottom + 30, "Lead of this map over each naive map, added up over time", parts)


def _apart(heights: Sequence[float], least: float = 16.0) -> list[float]:
    """Return ascending heights moved as little as keeps them `least` apart."""
    out = list(heights)
    for _ in range(200):
        moved = False
        for i in range(len(out) - 1):
            lack = least - (out[i + 1] - out[i])
            if lack > 1e-6:
                out[i] -= lack / 2
                out[i + 1] += lack / 2
                moved = True
        if not moved:
            break
    return out
