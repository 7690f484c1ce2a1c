import numpy as np
import pytest
from archive_files import T0, klines, metrics, minute_closes, zipped

from liqdesk.errors import InputError, NoDataError
from liqdesk.history import History
from liqdesk.lab.imports import import_paths
from liqdesk.lab.swept import HEADER, steps_of, write_swept
from liqdesk.model import Density

N = 3 * 1_440
CLOSES = minute_closes(N)
HALF_HOUR = 1_800_000


def history_of(folder, *files):
    opened = History.open(folder / "history.sqlite", folder / "lock")
    report = import_paths([zipped(folder / name, text) for name, text in files], opened)
    assert report.skipped == ()
    return opened


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    with history_of(
        tmp_path_factory.mktemp("coarse"),
        ("BTCUSDT-15m-2025-12.zip", klines(CLOSES, 15)),
        ("BTCUSDT-metrics-2025-12.zip", metrics(CLOSES)),
    ) as opened:
        yield opened


def table(path):
    text = path.read_text()
    assert text.startswith(HEADER + "\n")
    return np.loadtxt(path, delimiter=",", skiprows=1)


def test_every_bar_is_written(coarse, tmp_path):
    said: list[str] = []
    rows = write_swept(coarse, "BTCUSDT", None, None, HALF_HOUR, tmp_path / "pred.csv", said.append)
    got = table(tmp_path / "pred.csv")
    assert rows == len(got) == N // 30
    assert (np.diff(got[:, 0]) == HALF_HOUR).all()
    assert got[0, 0] == T0
    assert (got[:, 1:] >= 0).all()
    assert (got[10:, 1:].sum(axis=1) > 0).all()
    assert said[-1].startswith("BTCUSDT: 864 of 864")
    steps = steps_of(coarse, "BTCUSDT")
    density = Density(0.004, 125)
    usd = sum(density.advance(s).usd for s in steps.steps())
    assert np.allclose(got[:, 1:].sum(axis=0), usd, rtol=1e-6)


def test_the_range_cuts_the_output_and_nothing_else(coarse, tmp_path):
    whole, part, early = (tmp_path / n for n in ("whole.csv", "part.csv", "early.csv"))
    write_swept(coarse, "BTCUSDT", None, None, HALF_HOUR, whole)
    a, b = T0 + 40 * HALF_HOUR, T0 + 60 * HALF_HOUR
    assert write_swept(coarse, "BTCUSDT", a, b, HALF_HOUR, part) == 20
    assert np.array_equal(table(part), table(whole)[40:60])
    write_swept(coarse, "BTCUSDT", None, b, HALF_HOUR, early)  # what comes later changes nothing
    assert np.array_equal(table(early), table(whole)[:60])


def test_the_finest_bars_are_used_and_tell_nearly_the_same(coarse, tmp_path, tmp_path_factory):
    with history_of(
        tmp_path_factory.mktemp("fine"),
        ("klines/BTCUSDT/15m/BTCUSDT-15m-2025-12.zip", klines(CLOSES, 15)),
        ("klines/BTCUSDT/5m/BTCUSDT-5m-2025-12.zip", klines(CLOSES[: 2 * 1_440 + 1], 5)),
        ("klines/BTCUSDT/1m/BTCUSDT-1m-2025-12.zip", klines(CLOSES[:1_441], 1)),
        ("markPriceKlines/BTCUSDT/1m/BTCUSDT-1m-2025-12.zip", klines(CLOSES[:1_441] * 1.0001, 1, volume=False)),
        ("BTCUSDT-metrics-2025-12.zip", metrics(CLOSES)),
    ) as fine:
        steps = steps_of(fine, "BTCUSDT")
        lengths = (steps.t1 - steps.t0) // 60_000
        assert [int((lengths == n).sum()) for n in (1, 5)] == [1_440, 2 * 288]
        assert np.allclose(np.exp(steps.start[:1_440]) * 30_000, CLOSES[:1_440] * 1.0001, rtol=1e-6)
        write_swept(fine, "BTCUSDT", None, None, HALF_HOUR, tmp_path / "fine.csv")
    write_swept(coarse, "BTCUSDT", None, None, HALF_HOUR, tmp_path / "coarse.csv")
    a, b = table(tmp_path / "fine.csv")[48:, 1:], table(tmp_path / "coarse.csv")[48:, 1:]
    assert np.corrcoef(np.sqrt(a).ravel(), np.sqrt(b).ravel())[0, 1] > 0.95


def test_what_is_missing_is_said(coarse, tmp_path, tmp_path_factory):
    out = tmp_path / "out.csv"
    with pytest.raises(NoDataError, match="bars of ETHUSDT"):
        write_swept(coarse, "ETHUSDT", None, None, HALF_HOUR, out)
    with pytest.raises(NoDataError, match=r"\d"):
        write_swept(coarse, "BTCUSDT", T0 + 10**12, None, HALF_HOUR, out)
    with pytest.raises(InputError, match="bars of 60000 ms"):
        write_swept(coarse, "BTCUSDT", None, None, 60_000, out)
    assert not out.exists()
    with pytest.raises(InputError, match=r"cannot be written|No such file") as error:
        write_swept(coarse, "BTCUSDT", None, None, HALF_HOUR, tmp_path / "missing" / "out.csv")
    assert "cannot be written" in error.value.user
    with (
        history_of(tmp_path_factory.mktemp("no"), ("BTCUSDT-15m-2025-12.zip", klines(CLOSES, 15))) as bare,
        pytest.raises(NoDataError, match="open interest"),
    ):
        write_swept(bare, "BTCUSDT", None, None, HALF_HOUR, out)
