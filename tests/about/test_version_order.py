"""Versions compare as the packages of Python compare, of which liqdesk does not take one along for it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.version import InvalidVersion
from packaging.version import Version as Judge

from liqdesk import __version__
from liqdesk.about import version_from

NUMBER = st.integers(0, 30)
at_leisure = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly


@st.composite
def texts(draw: st.DrawFn) -> str:
    out = draw(st.sampled_from(["", "v", "1!", "V"])) + ".".join(
        map(str, draw(st.lists(NUMBER, min_size=1, max_size=4)))
    )
    if draw(st.booleans()):
        out += draw(st.sampled_from(["a", "b", "rc", ".alpha", "-beta", "_c", "preview", ".pre."])) + str(draw(NUMBER))
    if draw(st.booleans()):
        out += draw(st.sampled_from([".post", "-", ".rev", "-r"])) + str(draw(NUMBER))
    if draw(st.booleans()):
        out += draw(st.sampled_from([".dev", "dev", "-dev"])) + str(draw(NUMBER))
    if draw(st.booleans()):
        out += "+" + draw(st.sampled_from(["1", "deb", "deb.2", "deb-10", "a1", "1.a"]))
    return out


@at_leisure
@given(texts(), texts())
def test_any_two_compare_as_the_packaging_library_compares_them(one: str, other: str) -> None:
    a, b = version_from(one), version_from(other)
    judge_a, judge_b = Judge(one), Judge(other)
    assert a is not None
    assert b is not None
    assert (a < b, a == b, a > b) == (judge_a < judge_b, judge_a == judge_b, judge_a > judge_b)
    assert a.early == judge_a.is_prerelease


@at_leisure
@given(st.text("0123456789abrcdevposth.-_+! v", max_size=14))
def test_what_is_read_is_what_the_packaging_library_reads(text: str) -> None:
    mine = version_from(text)
    try:
        judge = Judge(text)
    except InvalidVersion:
        assert mine is None
    else:
        assert mine is not None
        assert mine == version_from(str(judge))


@pytest.mark.parametrize(
    "rising",
    [
        ("0.1.0.dev1", "0.1.0a1", "0.1.0rc1", "0.1.0", "0.1.0.post1", "0.1.1", "0.2", "0.10.0", "1.0"),
        ("v0.9.9", "liqdesk-1.0", "1.0.1"),
        ("1.0rc2", "1.0rc10", "1.0.0", "1.0+debian1"),
    ],
)
def test_the_newer_comes_later(rising: tuple[str, ...]) -> None:
    versions = [version_from(text) for text in rising]
    assert all(a is not None and b is not None and a < b for a, b in pairwise(versions))
    assert version_from("v0.1") == version_from("0.1.0")


@pytest.mark.parametrize(
    "text",
    ["", "latest", "1..2", "nightly-2026-11-26", "1.0-", "1" * 65, "1." + "9" * 30, "²", "1.0\n2.0", "<b>1.0</b>"],
)
def test_what_is_no_version_is_none(text: str) -> None:
    assert version_from(text) is None


def test_the_program_has_a_version() -> None:
    assert version_from(__version__) is not None
