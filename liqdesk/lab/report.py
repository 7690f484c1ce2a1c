"""A score in lines for a terminal, as CSV and as JSON, and what is said of it in all of them."""

from __future__ import annotations

import csv
import io
import math
from typing import Final

import msgspec

from liqdesk import __version__
from liqdesk.lab.scoring import DRAWS, MapScore, Score
from liqdesk.lab.words import day, length, signed, usd
from liqdesk.model import MODEL_NAME, MODEL_VERSION

COLUMNS: Final = (
    "symbol", "bar_min", "from_utc", "to_utc", "map", "title", "d2", "rho", "tweedie", "poisson",
    "forecast_over_liquidated", "lead", "lead_low_95", "lead_high_95",
)  # fmt: skip
CONDITION: Final = (
    "Every score is conditional on the path of the mark: it says how well a map tells where liquidations fall, given where "
    "price went, not whether price goes there."
)


class Report(msgspec.Struct, frozen=True):
    """What a run found: one score a symbol, with the version and the model that made it, and the command that repeats it."""

    scores: tuple[Score, ...]
    command: str
    version: str = __version__
    model: str = f"{MODEL_NAME}, version {MODEL_VERSION}"


def verdict(score: Score) -> tuple[str, bool | None]:
    """Return what is to be said of the map beside the best naive one, and whether it is clearly better: True, False for
    clearly worse, None for neither."""
    best = score.best
    if best.lead is None or best.low is None or best.high is None or not math.isfinite(best.lead):
        return "Nothing can be said.", None
    lead = f"{signed(best.lead)} [{signed(best.low)}, {signed(best.high)}]"
    naive = f"the best naive map, “{best.title}”"
    if best.low > 0:
        return f"This map is better than {naive}: {lead} of D2.", True
    if best.high < 0:
        return f"This map is worse than {naive}: {lead} of D2. Use the naive one.", False
    return f"This map is not clearly better or worse than {naive}: {lead} of D2.", None


def extent(score: Score) -> str:
    """Return what was judged, in a sentence."""
    return (
        f"{score.bars:,} bars of {length(score.bar_ms)} on {len(score.days)} days, {day(score.from_ms)} to "
        f"{day(score.to_ms - 1)} (UTC); {usd(score.usd)} USD liquidated, according to {score.truth}."
    )


def bands(score: Score) -> str:
    """Return how often the 80 % bands held, in a sentence."""
    h = score.held
    if h is None:
        return "No band was judged: that takes bars that make up an hour, and amounts of an order or more."
    return (
        f"80 % bands held {h.held / h.count:.1%} of {h.count:,} amounts of {usd(h.least)} USD expected and more ({h.below / h.count:.1%} "
        f"fell below, {h.above / h.count:.1%} above), with the scale of the ten days before each bar."
    )


def protocol(score: Score) -> tuple[str, ...]:
    """Return how it was scored, in sentences."""
    return (
        CONDITION,
        f"Each map says how much it held where price passed, per bar of {length(score.bar_ms)} and side, from what was known "
        f"before each step. The map had {score.warm_days:.0f} days of history before the first bar judged.",
        "Every map gets the same learner: liquidated USD ≈ c0 + c1·m + c2·m^1.5 + c3·m², c ≥ 0, with m the swept mass, fitted "
        "by quasi-Poisson expectation-maximisation, anew each day, on past days alone (weight e-folding 10 days, 45 at most). "
        f"It had {score.taught_days} days before the first one judged; its floor is {score.floor:,.0f} USD a bar and side.",
        "D2 is 1 − the map's Tweedie(1.5) deviance over that of the running mean of what was liquidated: 1 is perfect, 0 is no "
        "better than the mean. Rank ρ is Spearman's between swept mass and liquidated USD, without any learning.",
        "A lead is this map's D2 less the other's, on the same bars; its 95 % interval is that of "
        f"{DRAWS:,} draws of whole days with replacement. A lead whose interval holds zero is not clear.",
        "Range × volume knows the volume of the very bar it is judged on; the others know the past and the path.",
    )


def as_text(score: Score) -> str:
    """Return a score as a table with sentences around it."""
    title = max(len(m.title) for m in score.maps)
    lines = [f"{score.symbol}: {extent(score)}", ""]
    lines.append(f"  {'':{title}}     D2  rank ρ  Tweedie  Poisson  forecast/real  lead of this map in D2 [95 %]")
    for m in score.maps:
        lines.append(
            f"  {m.title:{title}}  {_number(m.d2):>5}  {_number(m.rho):>6}  {usd(m.tweedie):>7}  {usd(m.poisson):>7}  "
            f"{'–' if m.ratio is None else format(m.ratio, '.2f'):>13}  {_lead(m)}".rstrip()
        )
    lines += ["", f"  {verdict(score)[0]}"]
    weeks = ", ".join("–" if not w.liquidated else f"{w.forecast / w.liquidated:.2f}" for w in score.weeks)
    lines.append(f"  Forecast over liquidated, week by week from {day(score.days[0])}: {weeks}.")
    lines.append(f"  {bands(score)}")
    lines += [f"  Left out: {count:,} bars, {reason}." for reason, count in score.left_out.items()]
    lines += [f"  {note}" for note in score.notes]
    lines.append(f"  {CONDITION} An estimate, not advice.")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:.3f}".replace("-", "−") if math.isfinite(value) else "–"


def _lead(m: MapScore) -> str:
    if m.lead is None or m.low is None or m.high is None:
        return ""
    return f"{signed(m.lead)} [{signed(m.low)}, {signed(m.high)}]"


def as_csv(report: Report) -> str:
    """Return one line per symbol and map."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for score in report.scores:
        head = (score.symbol, score.bar_ms // 60_000, day(score.from_ms), day(score.to_ms - 1))
        for m in score.maps:
            numbers = (m.d2, m.rho, m.tweedie, m.poisson, m.ratio, m.lead, m.low, m.high)
            writer.writerow((*head, m.name, m.title, *("" if v is None else f"{v:.6g}" for v in numbers)))
    return out.getvalue()


def as_json(report: Report) -> str:
    """Return everything, with the protocol in words."""
    body = {
        "version": report.version,
        "model": report.model,
        "command": report.command,
        "scores": [
            {
                **msgspec.to_builtins(score),
                "verdict": verdict(score)[0],
                "bands": bands(score),
                "protocol": protocol(score),
            }
            for score in report.scores
        ],
    }
    return msgspec.json.format(msgspec.json.encode(body), indent=1).decode() + "\n"
