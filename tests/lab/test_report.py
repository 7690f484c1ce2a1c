"""Reports: the same numbers as a table, as CSV, as JSON and as a page that asks nobody for anything."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import msgspec
import numpy as np
import pytest
from support.scored import BAR_MS, liquidated, steps

from liqdesk.lab.chunks import cut, run_chunk
from liqdesk.lab.page import as_html
from liqdesk.lab.plots import ticks
from liqdesk.lab.report import CONDITION, Report, as_csv, as_json, as_text, verdict
from liqdesk.lab.scoring import score
from liqdesk.lab.truth import Truth
from liqdesk.lab.words import length, usd
from liqdesk.venues.binance.brackets import shipped_brackets

VOID = {"meta", "br"}


@pytest.fixture(scope="module")
def found():
    batch = steps(20)
    (chunk,) = cut("BTCUSDT", shipped_brackets().table("BTCUSDT"), BAR_MS, batch, batch.volume / 2)
    return score("BTCUSDT", BAR_MS, run_chunk(chunk), Truth(*liquidated(batch), "truth.csv"))


class Page(HTMLParser):
    """Checks that tags close in order, and keeps what a reader would see."""

    def __init__(self, text):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)


def test_the_page_is_whole_and_asks_nobody(found):
    text = as_html(Report((found,), "liqdesk score --symbol BTCUSDT"))
    page = Page(text)
    names = [tag for tag, _ in page.tags]
    assert names.count("svg") == 4
    assert not {"script", "img", "link", "iframe", "object", "image", "use"} & set(names)
    assert not any(
        name in {"src", "href", "xlink:href", "style"} or name.startswith("on") for _, a in page.tags for name in a
    )
    assert "url(" not in text
    assert "@import" not in text
    assert "prefers-color-scheme:light" in text
    said = " ".join(page.words)
    assert CONDITION in said
    assert verdict(found)[0] in said
    assert "liqdesk score --symbol BTCUSDT" in said
    for m in found.maps:
        assert m.title in said
        assert f"{m.d2:.3f}" in said
    for svg in text.split("<svg")[1:]:
        drawn = ElementTree.fromstring("<svg" + svg.split("</svg>")[0] + "</svg>")
        _, _, width, height = (float(v) for v in drawn.attrib["viewBox"].split())
        assert drawn.attrib["aria-label"]
        for part in drawn.iter():
            for key, limit in (
                ("x", width),
                ("cx", width),
                ("x1", width),
                ("y", height),
                ("cy", height),
                ("y2", height),
            ):
                if key in part.attrib:
                    assert 0 <= float(part.attrib[key]) <= limit, (part.tag, part.attrib)


def test_names_cannot_break_out_of_the_page(found):
    nasty = '<script>alert("x")</script>&'
    page = Page(as_html(Report((msgspec.structs.replace(found, truth=nasty),), nasty)))
    assert "script" not in [tag for tag, _ in page.tags]
    assert nasty in " ".join(page.words)


def test_several_contracts_get_an_overview(found):
    other = msgspec.structs.replace(found, symbol="ETHUSDT")
    page = Page(as_html(Report((found, other), "x")))
    assert [tag for tag, _ in page.tags].count("svg") == 8
    assert page.words.count("ETHUSDT") == 2
    rows = list(csv.DictReader(io.StringIO(as_csv(Report((found, other), "x")))))
    assert [r["symbol"] for r in rows] == ["BTCUSDT"] * 8 + ["ETHUSDT"] * 8


def test_csv_and_json_hold_the_numbers(found):
    report = Report((found,), "liqdesk score")
    rows = list(csv.DictReader(io.StringIO(as_csv(report))))
    body = json.loads(as_json(report))
    (one,) = body["scores"]
    assert body["command"] == "liqdesk score"
    assert CONDITION in one["protocol"]
    assert one["verdict"] == verdict(found)[0]
    for m, row, kept in zip(found.maps, rows, one["maps"], strict=True):
        assert row["map"] == kept["name"] == m.name
        assert float(row["d2"]) == pytest.approx(m.d2, rel=1e-5)
        assert kept["d2"] == m.d2
        assert kept["low"] == m.low
        assert row["lead_low_95"] == ("" if m.low is None else f"{m.low:.6g}")
    assert len(one["leads"]) == 7
    assert len(one["leads"][0]) == len(one["days"])


def test_the_table_says_it_in_words(found):
    text = as_text(found)
    assert text.startswith("BTCUSDT: 816 bars of 30 min on 17 days, 2025-12-04 to 2025-12-20 (UTC);")
    for m in found.maps:
        assert any(line.strip().startswith(m.title) and f"{m.d2:.3f}" in line for line in text.splitlines())
    assert CONDITION in text
    assert "not advice" in text


def test_worse_and_undecided_are_said_plainly(found):
    def seen(lead, low, high):
        best = msgspec.structs.replace(found.best, d2=0.999, lead=lead, low=low, high=high)
        return msgspec.structs.replace(found, maps=(found.maps[0], best))

    worse, even, better = seen(-0.1, -0.2, -0.05), seen(0.0, -0.1, 0.1), seen(0.2, 0.1, 0.3)
    assert verdict(worse) == (
        f"This map is worse than the best naive map, “{found.best.title}”: −0.100 [−0.200, −0.050] of D2. Use the naive one.",
        False,
    )
    assert verdict(even)[1] is None
    assert "not clearly" in verdict(even)[0]
    assert verdict(better)[1] is True
    page = as_html(Report((msgspec.structs.replace(worse, leads=((0.0,) * len(found.days),)),), "x"))
    assert 'class="say bad"' in page
    assert ">−0.100  worse<" in page


def test_nothing_liquidated_still_makes_a_page(found):
    none = tuple(msgspec.structs.replace(s, liquidated=0.0) for s in found.weeks)
    maps = tuple(msgspec.structs.replace(m, ratio=None, rho=float("nan")) for m in found.maps)
    empty = msgspec.structs.replace(
        found, weeks=none, deciles=tuple(msgspec.structs.replace(d, liquidated=0.0) for d in found.deciles), maps=maps
    )
    Page(as_html(Report((empty,), "x")))
    assert json.loads(as_json(Report((empty,), "x")))["scores"][0]["maps"][0]["rho"] is None
    assert "–" in as_text(empty)


def test_numbers_are_written_short():
    assert [length(ms) for ms in (60_000, 1_800_000, 3_600_000, 86_400_000, 90)] == [
        "1 min",
        "30 min",
        "1 h",
        "1 d",
        "90 ms",
    ]
    assert [usd(v) for v in (0.0, 12.34, 999.6, 38_200_000, 2.58e9)] == ["0", "12.3", "1K", "38.2M", "2.58B"]
    for low, high in ((-0.01, 0.26), (0.0, 1e-5), (-3.0, 0.0), (0.1, 0.1)):
        marks = ticks(low, high)
        assert 1 <= len(marks) <= 8 or high == low
        assert all(low - 1e-9 <= v <= high + 1e-9 for v in marks)
        assert np.allclose(np.diff(marks), np.diff(marks)[:1] if len(marks) > 1 else 0)
