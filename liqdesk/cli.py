"""The commands; each calls one room. Exit codes: 0 done, 1 failed, 2 bad input, 3 profile, 4 no data, 5 venue."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from liqdesk import __version__, collector
from liqdesk.app.arguments import (
    BARS,
    CANDLES,
    SPANS,
    add_exchange,
    add_local,
    iso_ms,
    number,
    seed,
    size,
    whole,
    with_open,
)
from liqdesk.errors import InputError, LiqdeskError

if TYPE_CHECKING:
    from liqdesk.app.choices import Choices


def _market_options(p: argparse.ArgumentParser, absent: object = None, *, several: bool = False) -> None:
    """Add what chooses a market. A subcommand passes SUPPRESS, so that it does not overwrite what stood before the command."""
    if several:
        p.add_argument(
            "--symbol", default=absent, nargs="+", action="extend", help="the contracts to record, such as BTCUSDT"
        )
    else:
        p.add_argument("--symbol", default=absent, help="the contract to open, such as BTCUSDT")
    p.add_argument("--profile", default=absent, metavar="DIR", help="the folder for settings, alerts and history")
    p.add_argument("--rest-url", default=absent, metavar="URL", help="REST endpoint instead of Binance's")
    p.add_argument("--stream-url", default=absent, metavar="URL", help="stream endpoint instead of Binance's")
    p.add_argument("--proxy-url", default=absent, metavar="URL", help="an http:// or socks5h:// proxy to go through")
    p.add_argument(
        "--demo", default=absent or False, action="store_true", help="start on the built-in, simulated market"
    )
    p.add_argument("--seed", default=absent, type=seed, help="the demo market's seed")
    p.add_argument("--speed", default=absent, type=number(0.1, 600.0), help="the demo market's speed, 1 is real time")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="liqdesk",
        description="Estimated liquidation density for perpetual futures, live, on your own machine.",
        epilog="Without a command the window opens. An estimate, not advice.",
    )
    top.add_argument("--version", action="version", version=f"liqdesk {__version__}")
    top.add_argument("--verbose", action="store_true", help="write the log to the terminal too")
    _market_options(top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")

    add_exchange(commands)
    snapshot = commands.add_parser("snapshot", help="render the window off-screen to a picture")
    _market_options(snapshot, argparse.SUPPRESS)
    snapshot.add_argument("--out", required=True, type=Path, metavar="PNG")
    snapshot.add_argument("--report", type=Path, metavar="JSON", help="write what the window shows")
    snapshot.add_argument("--size", type=size, default=(1920, 1080))
    snapshot.add_argument("--window", choices=list(SPANS), default=None, help="the stretch of time shown")
    snapshot.add_argument("--candle", choices=sorted(CANDLES, key=CANDLES.__getitem__), default=None)
    snapshot.add_argument("--theme", choices=["dark", "light"], default=None)
    snapshot.add_argument(
        "--history", action="store_true", help="map the imported or recorded history instead of a venue"
    )
    snapshot.add_argument("--to", type=iso_ms, help="with --history: the moment to show (ISO, UTC); default the newest")
    snapshot.add_argument(
        "--settle", type=number(0.0, 3600.0), default=2.0, help="seconds to go on after the map is whole"
    )
    snapshot.add_argument("--timeout", type=number(1.0, 3600.0), default=120.0, help="seconds to wait for a whole map")

    record = commands.add_parser("record", help="record without a window what the window records")
    _market_options(record, argparse.SUPPRESS, several=True)
    record.add_argument("--minutes", type=number(0.01, 1e7), help="end after so many; default: when asked to")

    add_local(commands)
    commands.add_parser(
        "kernels", help="compile the map's kernels into the user's cache, which the first start does by itself"
    )

    check = commands.add_parser(
        "check",
        help="examine this installation: whether all of it loads, and whether every dialog opens and closes",
        description="Examine this installation on the built-in market, with a profile of its own that is removed again. The lines it "
        "prints can go into a report of a fault: no secret is in them, and ~ stands for the home folder.",
    )
    check.add_argument("--screen", action="store_true", help="on the screen, to be watched; default off-screen")
    check.add_argument("--timeout", type=number(1.0, 3600.0), default=600.0, help="seconds to wait for a whole map")

    take = commands.add_parser("import", help="read files of Binance's public archive into the history")
    take.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    take.add_argument("--profile", default=argparse.SUPPRESS, metavar="DIR")

    export = commands.add_parser(
        "export",
        help="write map, zones, forced orders or candles of the history as CSV or Parquet",
        description="Write what the history holds, or what the map makes of it, into a file that pandas opens as it is.",
    )
    export.add_argument("--what", required=True, choices=["map", "zones", "forced", "bars"])
    export.add_argument("--out", required=True, type=Path, metavar="FILE", help="ends in .csv or .parquet")
    export.add_argument("--symbol", default=argparse.SUPPRESS, help="the contract, such as BTCUSDT")
    export.add_argument("--from", dest="start", type=iso_ms, help="from here on (ISO, UTC)")
    export.add_argument("--to", type=iso_ms, help="up to here (ISO, UTC)")
    export.add_argument("--bars", choices=["1m", "5m", "15m"], default="1m", help="the length of candles")
    export.add_argument("--profile", default=argparse.SUPPRESS, metavar="DIR")

    score = commands.add_parser(
        "score",
        help="hold the map, and naive ones, against liquidations",
        description="Hold the map and seven naive ones against what was liquidated, from the history and without looking ahead. "
        "The truth is a file, or what was recorded of the venue's forced orders.",
    )
    score.add_argument(
        "--symbol", default=argparse.SUPPRESS, nargs="+", action="extend", help="contracts, such as BTCUSDT"
    )
    score.add_argument(
        "--from", dest="start", type=iso_ms, help="judge from here on; what is earlier teaches (ISO, UTC)"
    )
    score.add_argument("--to", type=iso_ms, help="use nothing from here on (ISO, UTC)")
    score.add_argument("--bars", choices=list(BARS), default="30m", help="what is judged at once; default 30m")
    score.add_argument(
        "--truth", action="append", metavar="FILE", default=[],
        help="CSV, also gzip: t_open_ms,long_usd,short_usd by who was liquidated; SYMBOL=FILE for several contracts",
    )  # fmt: skip
    score.add_argument(
        "--report", type=Path, metavar="PATH", help="write a page (.html), a table (.csv), all of it (.json), or a folder of the three"
    )  # fmt: skip
    score.add_argument(
        "--swept", type=Path, metavar="CSV", help="write what the map says was swept, per bar and side; scores nothing by itself"
    )  # fmt: skip
    score.add_argument("--workers", type=whole, help="processes to use; default as many as processors")
    score.add_argument("--dask", metavar="ADDRESS", help="use the workers of a Dask scheduler, such as tcp://host:8786")
    score.add_argument("--profile", default=argparse.SUPPRESS, metavar="DIR")
    return top


def _exchange(a: argparse.Namespace) -> int:
    from liqdesk.paths import prepare_numba_cache

    prepare_numba_cache()
    if a.fault_log is not None and a.faults is None:
        raise InputError("exchange --fault-log without --faults", "--fault-log needs --faults.")
    given = {"ping_s": a.ping, "max_age_s": a.max_age, "faults": a.faults, "fault_log": a.fault_log}
    sockets = {name: value for name, value in given.items() if value is not None}
    if a.frames is not None:
        market = ("start", "epoch", "trades", "prints", "announce", "truth")
        if any(getattr(a, name) is not None for name in market):
            raise InputError(
                "exchange --frames with a market's option", f"--frames goes without --{', --'.join(market)}."
            )
        from liqdesk.simulator import serve_frames

        serve_frames(a.frames, port=a.port, speed=a.speed, parent=a.parent, **sockets)
        return 0
    collector.rest()
    import datetime as dt

    from liqdesk.simulator import serve

    start = None if a.start is None else dt.datetime.fromtimestamp(a.start / 1000, dt.UTC).isoformat()
    given = {"prints": a.prints, "announce_s": a.announce, "truth": a.truth}
    market_options = {name: value for name, value in given.items() if value is not None}
    serve(
        port=a.port, seed=a.seed, speed=a.speed, start=start, epoch=a.epoch, parent=a.parent,
        trades_per_second=a.trades, **sockets, **market_options,
    )  # fmt: skip
    return 0


def _begin_log(verbose: bool) -> None:
    """Write the log to the terminal when asked; else a command without a window says what it has to say in sentences alone."""
    import logging

    from liqdesk import logs

    if verbose:
        logs.setup(None, verbose)
    else:
        logging.getLogger("liqdesk").addHandler(logging.NullHandler())


def _import(a: argparse.Namespace) -> int:
    from liqdesk.app.offline import import_archive

    _begin_log(a.verbose)
    return import_archive(a.paths, a.profile)


def _score(a: argparse.Namespace) -> int:
    from liqdesk.app.scoring import Scoring, run

    if a.start is not None and a.to is not None and a.start >= a.to:
        raise InputError("score --from is not before --to", "--from must lie before --to.")
    _begin_log(a.verbose)
    symbols = [a.symbol] if isinstance(a.symbol, str) else a.symbol or ["BTCUSDT"]
    bar_ms = BARS[a.bars] * 60_000
    return run(
        Scoring(a.profile, tuple(symbols), a.start, a.to, bar_ms, tuple(a.truth), a.report, a.swept, a.workers, a.dask)
    )


def _export(a: argparse.Namespace) -> int:
    from liqdesk.app.exporting import Wanted, export

    if a.start is not None and a.to is not None and a.start >= a.to:
        raise InputError("export --from is not before --to", "--from must lie before --to.")
    if a.demo or a.rest_url or a.stream_url:
        raise InputError("export of a venue", "export reads the history: leave out --demo and the URLs.")
    _begin_log(a.verbose)
    return export(_choices(a), Wanted(a.what, a.out, a.start, a.to, BARS[a.bars] * 60_000))


def _snapshot(a: argparse.Namespace) -> int:
    collector.rest()
    from liqdesk.app.choices import Picture
    from liqdesk.app.picture import snapshot

    if a.to is not None and not a.history:
        raise InputError("snapshot --to without --history", "--to needs --history.")
    if a.history and (a.demo or a.rest_url or a.stream_url):
        raise InputError("snapshot --history with a venue", "--history takes no venue: leave out --demo and the URLs.")
    for target in (a.out, a.report):
        if target is not None and not target.absolute().parent.is_dir():
            raise InputError(f"no folder for {target}", f"The folder of {target} does not exist.")
        if target is not None and target.is_dir():
            raise InputError(f"{target} is a folder", f"{target} is a folder, not a file.")
    picture = Picture(
        out=a.out,
        report=a.report,
        size=a.size,
        window_ms=SPANS[a.window] * 3_600_000 if a.window else None,
        candle_ms=CANDLES[a.candle] * 60_000 if a.candle else None,
        theme=a.theme,
        history=a.history,
        to_ms=a.to,
        settle_s=a.settle,
        timeout_s=a.timeout,
    )
    return snapshot(_choices(a), picture)


def _record(a: argparse.Namespace) -> int:
    from liqdesk.app.recording import record

    symbols = [a.symbol] if isinstance(a.symbol, str) else a.symbol or []
    a.symbol = None
    return record(_choices(a), symbols, a.minutes)


def _window(a: argparse.Namespace) -> int:
    collector.rest()
    from liqdesk.app.launch import open_window

    return open_window(_choices(a))


def _forget(a: argparse.Namespace) -> int:
    from liqdesk.app.forgetting import forget

    return forget(a.profile, sure=a.yes)


def _open(a: argparse.Namespace) -> int:
    collector.rest()
    from liqdesk.app.launch import open_window

    if a.demo or a.rest_url or a.stream_url:
        raise InputError("open with a venue", "A recording takes no venue: leave out --demo and the URLs.")
    return open_window(_choices(a)._replace(recording=a.file))


def _choices(a: argparse.Namespace) -> Choices:
    from liqdesk.app.choices import Choices

    return Choices(
        symbol=a.symbol,
        profile=a.profile,
        rest_url=a.rest_url,
        stream_url=a.stream_url,
        proxy_url=a.proxy_url,
        demo=a.demo,
        seed=a.seed,
        speed=a.speed,
        verbose=a.verbose,
    )


def _check(a: argparse.Namespace) -> int:
    from liqdesk.app.check import check

    return check(a.screen, a.timeout)


def _kernels(_: argparse.Namespace) -> int:
    from liqdesk.app.kernels import compile_kernels

    compile_kernels()
    return 0


RUN = {
    "check": _check,
    "exchange": _exchange,
    "export": _export,
    "forget": _forget,
    "import": _import,
    "kernels": _kernels,
    "open": _open,
    "record": _record,
    "score": _score,
    "snapshot": _snapshot,
    None: _window,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; an explained failure is one sentence on standard error."""
    # numpy's products are small here: more threads would spin beside the window, and their number decide the order of sums
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files, or a console that lacks a letter
    arguments = parser().parse_args(with_open(sys.argv[1:] if argv is None else argv, RUN))
    try:
        return RUN[arguments.command](arguments)
    except LiqdeskError as e:
        from liqdesk.logs import CONTROLS

        print(f"liqdesk: {e.user.translate(CONTROLS)}", file=sys.stderr)
        return e.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
