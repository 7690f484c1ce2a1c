"""The engine behind a proxy: the whole map through it, and what is said where it cannot be used."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from support.exchange import Exchange
from support.proxies import SocksProxy
from support.relay import Relay
from support.watched import Watched

from liqdesk.engine.frames import Frame, Health
from liqdesk.engine.opening import Orders
from liqdesk.net.proxy import Proxy
from liqdesk.venues.binance import Binance

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
KEY = Path(__file__).parents[1] / "net" / "trusted.pem"
SECRET = "s3cret-word"


def behind(proxy: Proxy, folder: Path) -> Watched:
    endpoints = Binance().endpoints("https://fapi.liqdesk.test", "wss://fstream.liqdesk.test")
    return Watched(Orders("BTCUSDT", endpoints, folder, record=False, proxy=proxy))


def test_a_map_is_loaded_and_kept_up_through_a_proxy_alone(
    exchange: Callable[..., Exchange],
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("SSL_CERT_FILE", str(KEY))
    market = exchange(seed=3, speed=60, start="2026-03-02T08:00:00+00:00")
    with Relay(market.rest, KEY) as secure:
        names = ("fapi.liqdesk.test", "fstream.liqdesk.test")
        with SocksProxy("me", SECRET, dict.fromkeys(names, ("127.0.0.1", secure.port))) as proxy:
            engine = behind(Proxy("socks5h", "127.0.0.1", proxy.port, "me", SECRET), tmp_path)
            try:
                engine.until_loaded()
                before = engine.last_number()
                engine.until(lambda: engine.last_number() > before, 20, "a live minute")
                frame = engine.last
                assert frame is not None
                assert frame.connection.health is Health.FRESH
                assert frame.rest is not None
                assert frame.rest.proxy == f"socks5h://me@127.0.0.1:{proxy.port}"
                assert {host for host, _ in proxy.asked} == set(names)
                engine.until(lambda: secure.accepted == len(proxy.asked), 10, "nothing went past it")
                assert SECRET not in f"{frame!r} {caplog.text}"
            finally:
                engine.close()


def test_a_proxy_that_does_not_answer_is_told_and_its_password_is_not(
    qtbot: QtBot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    engine = behind(Proxy("http", "127.0.0.1", 9, "me", SECRET), tmp_path)
    frames: list[Frame] = []
    try:
        engine.until(
            lambda: engine.last is not None and engine.last.connection.health is Health.DOWN, 15, "the proxy is missed"
        )
        assert engine.last is not None
        frames.append(engine.last)
    finally:
        engine.close()
    said = "The proxy 127.0.0.1:9 does not answer; check the proxy in the settings."
    assert frames[0].connection.sentence == said
    assert frames[0].connection.retry_in_s is not None
    assert SECRET not in f"{frames[0]!r} {caplog.text}"
