"""The heat ramps and the tables made of them."""

from __future__ import annotations

import numpy as np
import pyqtgraph
import pytest

from liqdesk.ui import ramp
from liqdesk.ui.theme import DARK, LIGHT, Theme


@pytest.mark.parametrize(("name", "slack"), [("ember", 0.05), ("paper", 0.02)])
def test_steps_are_equal_and_lightness_is_strict(name: str, slack: float) -> None:
    lab = ramp.oklab_from_srgb(ramp.stops(name))
    steps = np.linalg.norm(np.diff(lab, axis=0), axis=1)
    assert np.all(np.abs(steps / steps.mean() - 1) <= slack)
    rise = np.diff(lab[:, 0])
    assert np.all(rise > 0) if name == "ember" else np.all(rise < 0)
    ends = (0.165, 0.965) if name == "ember" else (0.98, 0.23)
    assert lab[0, 0] == pytest.approx(ends[0], abs=0.005)
    assert lab[-1, 0] == pytest.approx(ends[1], abs=0.005)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_ramp_begins_at_the_ground_and_ends_at_its_last_anchor(theme: Theme) -> None:
    words = ramp.pack(ramp.stops(ramp.ramp_of("ember", theme.dark)))
    assert words[0] == 0xFF000000 | int(theme.chart[1:], 16)
    assert words[-1] == 0xFF000000 | int(ramp.RAMPS[ramp.ramp_of("ember", theme.dark)][-1][1:], 16)


def test_anchors_lie_on_the_ramp() -> None:
    lab = ramp.oklab_from_srgb(ramp.stops("ember"))
    for anchor in ramp.EMBER:
        away = np.linalg.norm(lab - ramp.oklab_from_srgb(ramp.rgb_from_hex(anchor)), axis=1).min()
        assert away < 0.004, anchor


@pytest.mark.parametrize("name", ["viridis", "cividis"])
def test_published_maps_are_the_published_ones(name: str) -> None:
    published = pyqtgraph.colormap.get(name).getLookupTable(nPts=256)[:, :3] / 255
    away = np.abs(ramp.stops(name) - published)
    assert away.max() < 0.045  # the corner where red leaves zero
    assert away.mean() < 0.005
    assert np.allclose(ramp.stops(f"{name} light"), ramp.stops(name)[::-1], atol=1e-9)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
@pytest.mark.parametrize("heat_map", ramp.MAPS)
def test_more_always_stands_farther_from_the_ground(heat_map: str, theme: Theme) -> None:
    table = ramp.heat_table(heat_map, theme.chart)
    assert table.shape == (ramp.SIDES * ramp.FADES, 256)
    ground = ramp.oklab_from_srgb(ramp.rgb_from_hex(theme.chart))
    for level in (0, ramp.FADES - 1, 80 - ramp.FADES + 1, 80):
        lab = ramp.oklab_from_srgb(_rgb(table[level]))
        assert np.allclose(lab[0], ground, atol=0.003)
        rise = np.diff(lab[:, 0]) * (1 if theme.dark else -1)
        slack = (
            0.006 if heat_map in ("viridis", "cividis") else 0.004
        )  # steps of eight bits; below 0.10 the ground shows through
        assert rise[30:].min() > -slack
        away = np.linalg.norm(lab - ground, axis=1)
        assert away[255] > 0.5 * (0.62 if level % 9 else 1)
    stale = _rgb(ramp.heat_table(heat_map, theme.chart, True)[0])
    assert np.all(stale.max(axis=1) - stale.min(axis=1) < 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_the_two_sides_are_equally_light_and_far_apart(theme: Theme) -> None:
    long, short = (ramp.oklab_from_srgb(ramp.stops(ramp.ramp_of(side, theme.dark))) for side in ("long", "short"))
    assert np.allclose(long[:, 0], short[:, 0], atol=2e-3)
    assert np.linalg.norm(long - short, axis=1)[60:].min() > 0.13
    words = ramp.pack(ramp.stops(ramp.ramp_of("long", theme.dark)))
    assert words[0] == 0xFF000000 | int(theme.chart[1:], 16)
    for side, token in (("long", theme.long), ("short", theme.short)):
        lab = ramp.oklab_from_srgb(ramp.stops(ramp.ramp_of(side, theme.dark)))
        assert np.linalg.norm(lab - ramp.oklab_from_srgb(ramp.rgb_from_hex(token)), axis=1).min() < 0.01


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_even_halves_of_long_and_short_are_grey(theme: Theme) -> None:
    usd, low, high = 0.6, 0.0, 1.0
    long, half, short = (
        _rgb(np.array([ramp.colour_of(usd, low, high, 0.0, ramp.SIDED, theme.chart, short=s)], np.uint32))
        for s in (0.0, 0.5, 1.0)
    )
    assert _chroma(half)[0] < 0.35 * min(_chroma(long)[0], _chroma(short)[0])
    assert ramp.colour_of(usd, low, high, 0.0, ramp.SIDED, theme.chart) == ramp.pack(
        ramp.stops(ramp.ramp_of("long", theme.dark))[ramp.position(usd, low, high)]
    )
    one = {ramp.colour_of(usd, low, high, 0.25, "ember", theme.chart, short=s) for s in (0.0, 0.4, 1.0)}
    assert len(one) == 1


def test_srgb_and_oklab_are_inverse() -> None:
    rgb = np.random.default_rng(1).random((200, 3))
    assert np.allclose(ramp.srgb_from_oklab(ramp.oklab_from_srgb(rgb)), rgb, atol=1e-6)


def test_nothing_is_painted_at_or_below_the_low_handle() -> None:
    ground = 0xFF0B0E16
    for usd in (-5.0, 0.0, 100.0, float("nan")):
        assert ramp.colour_of(usd, 100.0, 200.0, 0.0, "ember", DARK.chart) == ground
    assert ramp.colour_of(150.0, 200.0, 200.0, 0.0, "ember", DARK.chart) == ground


def test_opaque_from_a_tenth_and_full_at_the_high_handle() -> None:
    words = ramp.pack(ramp.stops("ember"))
    table = ramp.heat_table("ember", DARK.chart)
    first = next(i for i in range(256) if i / 255 >= ramp.OPAQUE_AT)
    assert np.array_equal(table[0, first:], words[first:])
    assert table[0, 4] != words[4]
    assert ramp.colour_of(1e9, 0.0, 1e6, 0.0, "ember", DARK.chart) == words[-1]
    assert ramp.colour_of(5e5, 0.0, 1e6, 0.0, "ember", DARK.chart) == words[128]


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_prior_cells_lose_hue_and_keep_their_order(theme: Theme) -> None:
    table = ramp.heat_table("ember", theme.chart)
    full, faded = (_rgb(table[row, 40:]) for row in (0, ramp.FADES - 1))
    assert np.all(_chroma(faded) < 0.55 * _chroma(full) + 1e-3)
    luma = faded @ np.array([0.2126, 0.7152, 0.0722])
    assert np.all(np.diff(luma) * (1 if theme.dark else -1) > -0.01)


def test_faded_colour_is_the_written_mixture() -> None:
    colour, ground = ramp.rgb_from_hex("#FDF6BC"), ramp.rgb_from_hex(DARK.chart)
    luma = float(colour @ np.array([0.2126, 0.7152, 0.0722]))
    want = 0.8 * (0.38 * colour + 0.62 * luma) + 0.2 * ground
    got = _rgb(np.array([ramp.colour_of(1.0, 0.0, 1.0, 1.0, "ember", DARK.chart)], np.uint32))[0]
    assert np.allclose(got, want, atol=0.003)


def test_stale_is_grey() -> None:
    rgb = _rgb(ramp.heat_table("ember", DARK.chart, True)[0])
    assert np.all(rgb.max(axis=1) - rgb.min(axis=1) < 0.05)
    assert rgb[-1].max() < 0.7


def _rgb(words: np.ndarray) -> np.ndarray:
    return np.stack([(words >> s) & 255 for s in (16, 8, 0)], axis=-1) / 255


def _chroma(rgb: np.ndarray) -> np.ndarray:
    return np.linalg.norm(ramp.oklab_from_srgb(rgb)[:, 1:], axis=1)
