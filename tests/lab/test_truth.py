"""What was liquidated: read from a file that somebody else wrote, or from the record."""

import contextlib
import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.scored import BAR_MS, T0, print_orders, write_truth

from liqdesk.errors import InputError, NoDataError
from liqdesk.history import FORCED, History
from liqdesk.lab.truth import read_truth, recorded_truth
from liqdesk.market import MINUTE_MS

HEAD = "t_open_ms,long_usd,short_usd\n"


def row(bar: int, long: str = "1", short: str = "2") -> str:
    return f"{T0 + bar * BAR_MS},{long},{short}\n"


def test_plain_and_packed_files_say_the_same(tmp_path):
    t = T0 + np.array([0, 1, 5]) * BAR_MS
    usd = np.array([[0.0, 5.5], [1e6, 0.0], [3.0, 4.0]])
    plain = write_truth(tmp_path / "truth.csv", t, usd)
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + plain.read_bytes().replace(b"\n", b"\r\n") + b"\r\n"))
    for path in (plain, packed):
        truth = read_truth(path, BAR_MS)
        assert truth.t.tolist() == t.tolist()
        assert truth.usd.tolist() == usd.tolist()
        assert truth.words == path.name


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no bars"),
        (HEAD, "holds no bars"),
        ("time,long,short\n", "line 1: the header must be t_open_ms,long_usd,short_usd"),
        (HEAD + row(0) + "\n" + row(1) + "1,2\n", "line 5: it has 2 columns instead of 3"),
        (HEAD + row(0) + row(1, "a lot"), "line 3: it is not three numbers"),
        (HEAD + row(0, "-1"), "line 2: an amount is negative or not finite"),
        (HEAD + row(0, "nan"), "line 2: an amount is negative or not finite"),
        (HEAD + row(0, "1", "inf"), "line 2: an amount is negative or not finite"),
        (HEAD + row(1) + row(0), "line 3: its bar does not come after the one before"),
        (HEAD + row(1) + row(1), "line 3: its bar does not come after the one before"),
        (HEAD + f"{T0 + MINUTE_MS},1,2\n", "line 2: no bar of 30 min opens at"),
        (HEAD + "-1800000,1,2\n", "line 2: -1800000 is not a time in ms"),
        (HEAD + f"{10**30},1,2\n", "is not a time in ms"),
        (HEAD + row(0) + row(2) + row(4), "are 1 h apart"),
    ],
)
def test_what_makes_no_sense_is_named_by_its_line(tmp_path, text, why):
    path = tmp_path / "truth.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_truth(path, BAR_MS)
    assert why in error.value.user
    assert error.value.user.endswith(".")
    assert str(path) in error.value.user


def test_files_that_are_none_are_named(tmp_path):
    good = write_truth(tmp_path / "a.csv", np.array([T0]), np.ones((1, 2))).read_bytes()
    for name, data, why in (
        ("torn.gz", gzip.compress(good * 99)[:60], "not a whole gzip file"),
        ("broken.gz", gzip.compress(good)[:12] + b"\xff" * 40, "not a whole gzip file"),
        ("binary", bytes(range(256)), "not a text file"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=r".") as error:
            read_truth(tmp_path / name, BAR_MS)
        assert why in error.value.user
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(InputError) as error:
            read_truth(path, BAR_MS)
        assert "cannot be read" in error.value.user


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: (HEAD + text).encode("utf-8", "replace")),
        st.lists(st.tuples(st.integers(-3, 3), st.floats(), st.sampled_from(["1", "", "x", "1e400"])), max_size=6).map(
            lambda rows: (HEAD + "".join(row(n, str(v), w) for n, v, w in rows)).encode()
        ),
        st.binary(max_size=60).map(lambda data: gzip.compress(HEAD.encode()) + data),
    )
)
def test_any_bytes_are_a_truth_or_a_sentence(tmp_path, data):
    path = tmp_path / "any"
    path.write_bytes(data)
    truth = None
    with contextlib.suppress(InputError):
        truth = read_truth(path, BAR_MS)
    if truth is not None:
        assert len(truth.t) == len(truth.usd)
        assert (np.diff(truth.t) > 0).all()
        assert np.isfinite(truth.usd).all()
        assert (truth.usd >= 0).all()


def test_the_record_counts_where_it_listened(tmp_path):
    t = T0 + np.arange(10) * BAR_MS
    usd = np.random.default_rng(1).uniform(1e3, 1e6, (10, 2))
    with History.open(tmp_path / "h.sqlite", tmp_path / "lock") as history:
        with pytest.raises(NoDataError, match="no forced orders of BTCUSDT"):
            recorded_truth(history, "BTCUSDT", BAR_MS)
        print_orders(history, "BTCUSDT", t, usd, 90_000.0)
        whole = recorded_truth(history, "BTCUSDT", BAR_MS)
        assert whole.t.tolist() == t.tolist()
        np.testing.assert_allclose(whole.usd, usd)
        assert recorded_truth(history, "BTCUSDT", BAR_MS, int(t[4])).t.tolist() == t[:4].tolist()
        history.add_gap("BTCUSDT", FORCED, int(t[3]) + 5, int(t[3]) + 6, "a silence")
        history.commit()
        holed = recorded_truth(history, "BTCUSDT", BAR_MS)
        assert holed.t.tolist() == [*t[:3].tolist(), *t[4:].tolist()]
        np.testing.assert_allclose(holed.usd, np.delete(usd, 3, axis=0))
        hour = recorded_truth(history, "BTCUSDT", 2 * BAR_MS)
        assert hour.t.tolist() == t[[0, 4, 6, 8]].tolist()
        np.testing.assert_allclose(hour.usd[1], usd[4] + usd[5])
