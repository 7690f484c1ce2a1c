"""Engine S2 on real months of BTCUSDT, against the values its specification gives."""

import csv
import gzip
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from liqdesk.history import History
from liqdesk.lab.chunks import cut, put_together, run_chunk
from liqdesk.lab.imports import import_paths
from liqdesk.lab.scoring import score
from liqdesk.lab.swept import HEADER, steps_of, taker_buy_of, write_swept
from liqdesk.lab.truth import read_truth
from liqdesk.market import Side
from liqdesk.model import BIN, Density
from liqdesk.model.axis import log_of
from liqdesk.venues.binance.brackets import shipped_brackets

DATA = os.environ.get("LIQDESK_TEST_DATA")
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA, reason="LIQDESK_TEST_DATA does not name the folder of real market data"),
]

GOLDEN = {
    "02-24 14:00": (3.387e6, 8.805e5),
    "02-25 13:30": (7.420e6, 1.348e8),
    "02-27 16:00": (1.460e7, 2.078e6),
    "02-28 06:30": (5.953e8, 1.529e7),
    "03-02 00:00": (1.802e6, 2.207e7),
    "03-04 12:00": (5.730e7, 8.499e4),
    "03-09 22:00": (3.436e6, 1.630e5),
    "03-16 08:00": (5.212e6, 5.606e6),
    "03-23 13:00": (1.396e6, 9.433e6),
    "04-02 09:30": (3.871e4, 9.516e4),
    "04-07 23:00": (1.634e7, 6.870e8),
    "04-13 14:00": (3.667e6, 1.827e7),
}


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    with History.open(folder / "history.sqlite", folder / "lock") as history:
        report = import_paths([Path(DATA or "") / "archive"], history)
        assert report.skipped == ()
        yield history


def test_swept_mass_is_the_published_one(real, tmp_path):
    out = tmp_path / "pred.csv"
    write_swept(real, "BTCUSDT", None, ms("2026-04-15"), 1_800_000, out)
    rows = np.loadtxt(out, delimiter=",", skiprows=1)
    assert steps_of(real, "BTCUSDT").t0[0] == ms("2025-12-01 00:15")
    window = (rows[:, 0] >= ms("2026-02-21 05:30")) & (rows[:, 0] < ms("2026-04-15"))
    assert rows[window, 1:].sum(axis=0) == pytest.approx([3.522e10, 3.922e10], rel=0.01)
    found = {int(t): (long, short) for t, long, short in rows.tolist()}
    for moment, expected in GOLDEN.items():
        got = found[ms("2026-" + moment)]
        for value, want in zip(got, expected, strict=True):
            assert value == pytest.approx(want, rel=0.15 if want > 1e6 else 0.25), moment


def test_the_score_on_real_liquidations(real, tmp_path):
    """The last three weeks of the months at hand, which the learner had not seen; three venues, half hours."""
    source = Path(DATA or "") / "liquidations" / "btc_three_venues_30m.csv.gz"
    with gzip.open(source, "rt") as rows:
        lines = [f"{r['timestamp']},{r['longUsd']},{r['shortUsd']}" for r in csv.DictReader(rows)]
    file = tmp_path / "truth.csv.gz"
    file.write_bytes(gzip.compress("\n".join([HEADER, *lines]).encode()))
    steps = steps_of(real, "BTCUSDT")
    chunks = cut("BTCUSDT", shipped_brackets().table("BTCUSDT"), 1_800_000, steps, taker_buy_of(real, "BTCUSDT", steps))
    swept = put_together([run_chunk(c) for c in chunks])
    found = score("BTCUSDT", 1_800_000, swept, read_truth(file, 1_800_000), ms("2026-03-24"), ms("2026-04-15"))
    assert found.bars == 1_056
    assert found.left_out == {}
    got = {m.name: (m.d2, m.rho) for m in found.maps}
    measured = {
        "engine": (0.815, 0.799),
        "range_volume": (0.695, 0.674),
        "uniform": (0.757, 0.766),
        "constant_inflow": (0.808, 0.796),
        "volume_profile": (0.658, 0.548),
        "industry_exact": (0.606, 0.548),
        "industry_margin": (0.786, 0.781),
        "shuffled_days": (0.797, 0.793),
    }
    assert set(got) == set(measured)
    for name, numbers in measured.items():
        assert got[name] == pytest.approx(numbers, abs=0.002), name
    leads = {m.name: (m.low, m.high) for m in found.maps[1:]}
    assert all(low > 0 for name, (low, _) in leads.items() if name != "constant_inflow")
    assert leads["constant_inflow"][0] < 0 < leads["constant_inflow"][1], (
        "a lead that is not clear must not be called so"
    )
    whole = score("BTCUSDT", 1_800_000, swept, read_truth(file, 1_800_000))
    assert whole.bars == 2_400
    assert whole.best.name == "constant_inflow"
    assert whole.best.lead == pytest.approx(0.025, abs=0.002)
    assert whole.best.low > 0


def test_thirty_days_of_warm_up_reproduce_a_longer_run(real):
    steps = steps_of(real, "BTCUSDT", ms("2026-03-01"))
    whole, short = Density(0.004, 125), Density(0.004, 125)
    whole.run(steps)
    short.run(steps.select(steps.t0 >= ms("2026-01-30")))
    for side in (Side.LONG, Side.SHORT):
        first, a = whole.profile(side)
        base, b = short.profile(side)
        near = np.abs((first + np.arange(len(a)) + 0.5) * BIN - log_of(whole.mark)) < 0.05
        late = b[np.flatnonzero(near) + first - base]
        assert late.sum() == pytest.approx(a[near].sum(), rel=1e-3)
    assert whole.audit().error < 1e-9
