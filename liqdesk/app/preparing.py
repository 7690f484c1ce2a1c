"""From choices to a run: the profile, its settings as they hold now, and the orders for an engine that follow from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from liqdesk import settings as stored
from liqdesk.app.choices import Choices
from liqdesk.errors import InputError
from liqdesk.formats import HISTORY, check_profile, stated_version
from liqdesk.paths import Profile, profile_at
from liqdesk.settings import Loaded, Settings
from liqdesk.venues.binance import Binance

if TYPE_CHECKING:
    from liqdesk.engine.opening import Orders
    from liqdesk.net.proxy import Proxy


class Prepared(msgspec.Struct, frozen=True):
    """A profile, its settings as they hold for this run, and what a user should read about them."""

    profile: Profile
    writable: bool
    saved: Settings
    settings: Settings
    notices: tuple[str, ...]


def known_profile(text: str | None) -> Profile:
    """Return the profile a user named, or the default one. Raises InputError for text that is no path, NewerError where a file of it is
    of a later version than this program's: nothing of it has been changed then."""
    profile = profile_at(text)
    check_profile(profile.root)
    return profile


def upgrade_notice(history: Path) -> str:
    """Return what a user should know before a history of an older format is opened for writing, nothing where it is of today's."""
    found = stated_version(history)
    if not 0 < found < HISTORY:
        return ""
    return f"{history.name} is brought from format {found} to {HISTORY}; an older liqdesk will not open it after that. No row is lost."


def prepare(choices: Choices) -> Prepared:
    """Find the profile and its settings, with environment and options applied over them, in that order. Raises as `known_profile` does."""
    profile = known_profile(choices.profile)
    writable = profile.create()
    loaded: Loaded = stored.load(profile.settings)
    loaded = _usable_proxy(_usable_addresses(loaded))
    settings = msgspec.structs.replace(loaded.settings, **choices.named())
    if choices.seed is not None:
        settings = msgspec.structs.replace(settings, demo_seed=choices.seed)
    if choices.speed is not None:
        settings = msgspec.structs.replace(settings, demo_speed=choices.speed)
    notices = loaded.notices
    if not writable:
        notices += (
            f"The profile {profile.root} cannot be written: settings, alerts and history of this run are not kept.",
        )
    return Prepared(profile, writable, loaded.settings, settings, notices)


def _usable_addresses(loaded: Loaded) -> Loaded:
    """Put addresses of the settings file that the venue cannot be reached at back to their default, with a notice."""
    settings = loaded.settings
    try:
        Binance().endpoints(settings.rest_url, settings.stream_url)
    except InputError as e:
        plain = Settings()
        settings = msgspec.structs.replace(settings, rest_url=plain.rest_url, stream_url=plain.stream_url)
        return Loaded(settings, (*loaded.notices, f"The addresses in the settings are back at Binance's own. {e.user}"))
    return loaded


def _usable_proxy(loaded: Loaded) -> Loaded:
    """Leave out a proxy of the settings file that cannot be one, with a notice."""
    try:
        _proxy(loaded.settings.proxy_url)
    except InputError as e:
        settings = msgspec.structs.replace(loaded.settings, proxy_url="")
        return Loaded(settings, (*loaded.notices, f"The proxy in the settings is not used. {e.user}"))
    return loaded


def _proxy(text: str) -> Proxy | None:
    if not text:
        return None
    from liqdesk.net.proxy import proxy_from  # loads ssl, which a start without a proxy can put off

    return proxy_from(text)


def orders_for(prepared: Prepared, choices: Choices, *, record: bool) -> Orders:
    """Return an engine's orders. Raises InputError for a symbol or an address that cannot be one."""
    from liqdesk.engine.opening import Orders  # loads numpy, which the start of the built-in market does not wait for

    venue = Binance()
    settings = prepared.settings
    return Orders(
        symbol=venue.check_symbol(settings.symbol),
        endpoints=venue.endpoints(settings.rest_url, settings.stream_url),
        proxy=_proxy(settings.proxy_url),
        folder=prepared.profile.root,
        record=record and prepared.writable,
        demo=choices.demo,
        demo_seed=settings.demo_seed,
        demo_speed=settings.demo_speed,
        history_limit_mb=settings.history_limit_mb,
        history_days=settings.history_days,
        local_gain=settings.local_gain,
        all_venues=settings.all_venues,
    )


def another(profile: Profile) -> str:
    """Return how it is said that a profile is taken."""
    return f"Another liqdesk is using the profile {profile.root}"


class Start(msgspec.Struct, frozen=True):
    """What a window begins with: the profile and its settings, and the orders for its engine."""

    prepared: Prepared
    orders: Orders

    @classmethod
    def of(cls, choices: Choices, prepared: Prepared | None = None) -> Start:
        """Raises InputError, ProfileError as `prepare`, unless that was done, and `orders_for` do."""
        prepared = prepared or prepare(choices)
        if choices.recording is None:
            return cls(prepared, orders_for(prepared, choices, record=True))
        from liqdesk.app.reopening import reopen

        return cls(*reopen(prepared, choices, choices.recording))


def need_history(profile: Profile) -> Path:
    """Return the history file of a profile. Raises InputError when there is none yet."""
    if not profile.history.exists():
        raise InputError(
            f"no history at {profile.history}",
            f"There is no history in {profile.root}; import archive files first (liqdesk import PATH…).",
        )
    return profile.history
