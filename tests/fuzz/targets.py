"""What is fuzzed: every door through which bytes or words from outside come in, each with what must hold behind it."""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import shutil
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from corpus import SYMBOL, T0

from liqdesk import cli, settings
from liqdesk.alerts import AlertStore, describe
from liqdesk.errors import DecodeError, InputError, LiqdeskError, NewerError, ProfileError
from liqdesk.formats import ALERTS, version_of
from liqdesk.history import FORCED, INTEREST, MARKS, SCORE, TRADES, History
from liqdesk.lab.imports import import_paths
from liqdesk.market import ContractChange, Instrument, Side, class_distance, liquidation_price
from liqdesk.net.proxy import proxy_from
from liqdesk.net.refusals import retry_after_s
from liqdesk.net.rest import _message
from liqdesk.paths import profile_at
from liqdesk.simulator.derived import listed
from liqdesk.simulator.faults import read_plan
from liqdesk.simulator.faults.plan import kind_of
from liqdesk.simulator.faults.schedule import occurrences
from liqdesk.simulator.recording import Recording
from liqdesk.venues import Reply, Request, venue
from liqdesk.venues.binance import archive, brackets, reading, rest_codec
from liqdesk.venues.binance.codec import Codec

MB: Final = 1_000_000
INSTRUMENTS: Final = {
    i.symbol: i
    for i in (Instrument(SYMBOL, "BTC", "USDT", 0.1, 0.001), Instrument("ETHUSDT", "ETH", "USDT", 0.01, 0.001))
}
LONGEST_SENTENCE: Final = 5_000
MINUTE: Final = 60_000
PAGE: Final = 4_096
LEAST_BARS: Final = 100  # of some 130


class Target(msgspec.Struct, frozen=True):
    """One door. `run` gets a folder it may write in; no more memory may be taken than `multiple` times the input plus
    `constant` bytes.
    """

    name: str
    run: Callable[[bytes, Path], None]
    multiple: int
    constant: int


def explained(error: LiqdeskError) -> None:
    """Hold an error against the law of two texts."""
    assert str(error).strip(), "an error without a text for the log"
    assert error.user.strip(), "an error without a sentence"
    assert len(error.user) <= LONGEST_SENTENCE, f"a sentence of {len(error.user)} characters"


@contextlib.contextmanager
def refusing(*kinds: type[LiqdeskError]) -> Iterator[None]:
    """Let errors of these kinds pass, if they explain themselves."""
    try:
        yield
    except kinds as e:
        explained(e)


def finite(value: Any) -> None:
    """Hold every number in a message to be finite, and every message to be of plain parts."""
    if isinstance(value, float):
        assert math.isfinite(value), f"{value} in an event"
    elif isinstance(value, list | tuple):
        for part in value:
            finite(part)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            finite(getattr(value, field))


def solvable(table: Any) -> None:
    """Use a table of brackets as the map and the cards do."""
    assert table.brackets
    assert table.max_leverage >= 1
    assert 0 <= table.lowest_rate < 1
    assert math.isfinite(class_distance(5, table.lowest_rate))
    for side in Side:
        solved = liquidation_price(side, 83_000.0, 100.0, 332_000.0, table)
        assert solved is None or math.isfinite(solved[0])


def codec(data: bytes, folder: Path) -> None:
    reader = Codec(INSTRUMENTS)
    for form in (data, data.decode("utf-8", "surrogateescape")):
        with refusing(DecodeError):
            decoded = reader.decode(form)
            finite(decoded)
            for event in decoded.events:
                if isinstance(event, ContractChange) and event.brackets is not None:
                    solvable(brackets.shipped_brackets().patched(event).table(event.symbol))
    name = venue("binance").dialect.stream_of(data)
    assert name is None or len(name) <= 160


def rest(data: bytes, folder: Path) -> None:
    for kind in Reply:
        with refusing(DecodeError):
            made = reading.read(Request("/x", {}, 1, kind, "x"), data, INSTRUMENTS[SYMBOL])
            if kind is not Reply.INTEREST_HISTORY:  # what a sample was worth may be unknown
                finite(made if not isinstance(made, np.ndarray) else made.tolist())
            if kind is Reply.UNIVERSE:
                _usable(made)
    with refusing(DecodeError):
        finite(rest_codec.klines(data, SYMBOL, MINUTE, False, T0))
    with refusing(DecodeError):
        finite(rest_codec.mark_prices(data))
    code, text = rest_codec.fault(data)
    assert isinstance(code, int)
    assert len(text) <= 400
    assert len(_message(data)) <= 300


def _usable(universe: Any) -> None:
    """Read a trade and a book on the grid of every contract that was listed."""
    for one in universe.instruments[:20]:
        assert one.price_decimals >= 0
        trade = b'{"e":"aggTrade","E":1,"a":1,"s":"%s","p":"%s","q":"1","T":1,"m":true}'
        for price in (b"1e12", b"1e-9"):
            Codec({one.symbol: one}).decode(trade % (one.symbol.encode(), price))


def archive_file(data: bytes, folder: Path) -> None:
    """Read a file of the archive; the first line is its name."""
    name, _, content = data.partition(b"\n")
    with refusing(InputError):
        made = archive.parse(name[:300].decode("utf-8", "surrogateescape"), content)
        assert made.rows.size
        for field in made.rows.dtype.names:
            if field != "usd":
                assert np.isfinite(made.rows[field].astype(float)).all()


def imports(data: bytes, folder: Path) -> None:
    """Bring a file into a history; whatever it is called and holds, nothing else is written."""
    name, _, content = data.partition(b"\n")
    inner = folder / "in"
    inner.mkdir(exist_ok=True)
    path = inner / (name.rpartition(b"/")[2].replace(b"\0", b"")[:60].decode("utf-8", "replace") or "x.csv")
    if path.parent != inner or path.name == "..":
        path = inner / "x.csv"
    path.write_bytes(content)
    history = History.open(folder / "history.sqlite", folder / "lock")
    try:
        with refusing(ProfileError):
            report = import_paths([inner, path], history)
            assert all(reason.strip() for reason in report.skipped)
            assert report.text()
            for symbol in history.symbols():
                history.bars(symbol, 15 * MINUTE, False)
    finally:
        history.close()
    assert path.read_bytes() == content, "an imported file was changed"
    shutil.rmtree(inner)
    if (folder / "history.sqlite").stat().st_size > 4 * MB:
        (folder / "history.sqlite").unlink()


def kept(path: Path, data: bytes, said: tuple[str, ...]) -> None:
    """Hold that a file is still there, in its place or beside it, and that a sentence names where."""
    broken = [p for p in path.parent.iterdir() if p.name.startswith(path.name + ".broken")]
    if broken:
        assert [p.read_bytes() for p in broken] == [data], "what was set aside is not what was found"
        assert any(broken[0].name in sentence for sentence in said), f"no sentence names {broken[0].name}"
    else:
        assert path.read_bytes() == data, "the file was changed and no copy kept"


def settings_file(data: bytes, folder: Path) -> None:
    path = folder / "settings.json"
    path.write_bytes(data)
    try:
        loaded = settings.load(path)
    except NewerError:
        assert version_of(data) > settings.VERSION
        assert path.read_bytes() == data, "a file of a later version was changed"
        return
    for field in msgspec.structs.fields(settings.Settings):
        if field.name not in ("version", "first_run_done", "heat_auto", "hued_candles", "sounds"):
            assert settings.is_sensible(field.name, getattr(loaded.settings, field.name)), field.name
    kept(path, data, loaded.notices)
    settings.save(path, loaded.settings)
    again = settings.load(path)
    assert again == settings.Loaded(loaded.settings), "what was saved is not what is loaded"


def alerts_file(data: bytes, folder: Path) -> None:
    path = folder / "alerts.json"
    path.write_bytes(data)
    store = AlertStore(path)
    rules = store.load()
    kept(path, data, store.notices)
    assert all(describe(rule) for rule in rules)
    if version_of(data) > ALERTS:
        assert not rules
        assert not store.save(rules)
        assert path.read_bytes() == data, "a file of a later version was changed"
        return
    assert store.save(rules)
    again = AlertStore(path)
    assert again.load() == rules
    assert again.notices == ()


def bracket_file(data: bytes, folder: Path) -> None:
    path = folder / "brackets.json"
    path.write_bytes(data)
    with refusing(InputError):
        made = brackets.read_brackets(path)
        for symbol in (*made.symbols, "NEWUSDT"):
            solvable(made.table(symbol))


def words(data: bytes, folder: Path) -> None:
    """Check a text as a symbol, an address, a time zone and a profile, as the command line and the settings do."""
    text = data.decode("utf-8", "surrogateescape")
    binance = venue("binance")
    with refusing(InputError):
        assert not {unicodedata.category(c) for c in binance.check_symbol(text)} & {"Cc", "Cf", "Cs"}
    for rest_url, stream_url in ((text, None), (None, text)):
        with refusing(InputError):
            made = binance.endpoints(rest_url, stream_url)
            assert made.host
            assert all(plan.url for plan in binance.sockets(made, SYMBOL))
    with refusing(InputError):
        proxy = proxy_from(text)
        if proxy is not None:
            assert proxy_from(proxy.url) == proxy
            assert (
                proxy.password not in f"{proxy} {proxy!r}"
                or proxy.password in f"{proxy.scheme}://{proxy.user}@{proxy.place}"
            )
    wait = retry_after_s(text, 1e9)
    assert wait is None or 0 <= wait <= 7 * 86_400
    for name in ("symbol", "rest_url", "stream_url", "proxy_url", "timezone", "window_geometry"):
        settings.is_sensible(name, text)
    if "\0" not in text:  # which the system keeps out of a command line
        with refusing(InputError, ProfileError):
            profile = profile_at(text)
            assert profile.root.is_absolute()


def command_line(data: bytes, folder: Path) -> None:
    arguments = [word.decode("utf-8", "surrogateescape") for word in data.split(b"\n")]
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            cli.parser().parse_args([word.replace("\0", "") for word in arguments])
        except SystemExit as e:
            assert e.code in (0, 2), f"exit code {e.code}"  # noqa: PT017
            assert said.getvalue()


def recording(data: bytes, folder: Path) -> None:
    path = folder / "frames.jsonl"
    path.write_bytes(data)
    with refusing(InputError):
        last = 0
        for frame in Recording(path):
            assert frame.ns >= last, "time fell"
            assert frame.raw in frame.wrapped
            last = frame.ns
        for row in listed(Recording(path)):
            grids = [Decimal(value) for f in row["filters"] for key, value in f.items() if key.endswith("Size")]
            assert len(grids) == 2, "a contract without its grids"
            assert min(grids) > 0, "a grid without width"


def fault_plan(data: bytes, folder: Path) -> None:
    """Read a plan of faults; one that is taken has moments that come one after another."""
    path = folder / "plan.toml"
    path.write_bytes(data)
    with refusing(InputError):
        plan = read_plan(path)
        last = 0.0
        for one in itertools.islice(occurrences(plan, 20.0), 50):
            assert last <= one.from_s <= one.to_s, f"{one.from_s} to {one.to_s} after {last}"
            assert kind_of(one.fault)
            last = one.from_s


def history_file(data: bytes, folder: Path) -> None:
    _history(folder, data, b"")


def history_wal(rest_file: bytes) -> Callable[[bytes, Path], None]:
    """Return a target that finds damaged WALs beside a good file."""

    def run(data: bytes, folder: Path) -> None:
        _history(folder, rest_file, data)

    return run


def _history(folder: Path, main: bytes, wal: bytes) -> None:
    """Open, read, write and close a file as the program does: a reader changes nothing, a writer loses nothing."""
    path = folder / "history.sqlite"
    beside = path.with_name(path.name + "-wal")
    for old in folder.iterdir():
        old.unlink()
    path.write_bytes(main)
    if wal:
        beside.write_bytes(wal)
    with refusing(ProfileError), History.open(path, folder / "lock", read_only=True) as reader:
        _read(reader)
    assert path.read_bytes() == main, "a reader changed the file"
    beside.unlink(missing_ok=True)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    if wal:
        beside.write_bytes(wal)
    with refusing(ProfileError), History.open(path, folder / "lock") as writer:
        _read(writer)
        writer.add_marks(SYMBOL, [(T0 + 400_000, 5.0), (T0 + 299_500, 5.0)])
        with refusing(ProfileError):
            writer.commit()
            assert (T0 + 400_000, 5.0) in writer.marks(SYMBOL, T0 + 300_001).tolist(), "what was written is not read"
        writer.trim(1, 400, T0)
        _read(writer)
        said = writer.notices
        assert all(sentence.strip() for sentence in said)
    _nothing_lost(folder, main, wal)


def _read(history: History) -> None:
    reads: list[Callable[[], object]] = [
        history.symbols,
        lambda: history.forced(None),
        lambda: history.forced(SYMBOL),
    ]
    for symbol in (SYMBOL, "ETHUSDT"):
        reads += [
            lambda s=symbol: history.bars(s, MINUTE, False),  # type: ignore[misc]
            lambda s=symbol: history.bars(s, MINUTE, True),  # type: ignore[misc]
            lambda s=symbol: history.marks(s),  # type: ignore[misc]
            lambda s=symbol: history.volume_at_price(s),  # type: ignore[misc]
            lambda s=symbol: history.open_interest(s),  # type: ignore[misc]
            lambda s=symbol: history.funding(s),  # type: ignore[misc]
            lambda s=symbol: history.gains(s),  # type: ignore[misc]
            lambda s=symbol: history.records(s, SCORE),  # type: ignore[misc]
            lambda s=symbol: history.gaps(s),  # type: ignore[misc]
            lambda s=symbol: history.extent(s),  # type: ignore[misc]
            lambda s=symbol: history.unfinished(s),  # type: ignore[misc]
            *(lambda s=symbol, w=stream: history.coverage(s, w) for stream in (FORCED, TRADES, MARKS, INTEREST)),  # type: ignore[misc]
        ]
    for read in reads:
        with refusing(ProfileError):
            read()


def _nothing_lost(folder: Path, main: bytes, wal: bytes) -> None:
    """Hold that the rows found are still somewhere: in the file, which grew on, or in one set aside."""
    path = folder / "history.sqlite"
    broken = [p for p in sorted(folder.glob("history.sqlite.broken*")) if not p.name.endswith(("-wal", "-shm"))]
    if broken:
        if not wal:
            assert broken[0].stat().st_size >= len(main), f"{len(main)} bytes were found, fewer set aside"
    elif len(main) > PAGE:
        db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        try:
            count = db.execute("SELECT count(*) FROM bar").fetchone()[0]
        except sqlite3.DatabaseError:
            assert path.stat().st_size >= len(main), "a file that cannot be read was cut"
        else:
            assert count >= LEAST_BARS, f"{count} bars are left"
        finally:
            db.close()


def all_targets(files: list[tuple[bytes, bytes]]) -> list[Target]:
    """Return every door. `files` are the histories that damaged WALs are put beside."""
    return [
        Target("codec", codec, 120, MB),
        Target("rest", rest, 120, MB),
        Target("archive", archive_file, 120, 4 * MB),
        Target("import", imports, 120, 8 * MB),
        Target("settings", settings_file, 120, MB),
        Target("alerts", alerts_file, 120, MB),
        Target("brackets", bracket_file, 120, MB),
        Target("words", words, 120, 4 * MB),
        Target("command-line", command_line, 400, MB),
        Target("recording", recording, 120, MB),
        Target("fault-plan", fault_plan, 400, MB),
        Target("history", history_file, 120, 16 * MB),
        Target("history-wal", history_wal(files[1][0]), 120, 16 * MB),
    ]
