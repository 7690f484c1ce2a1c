"""What a user can set: declared once, frozen, saved by atomic replace, migrated by version.

Law: a field of `Settings` carries its whole declaration in its annotation: the values it may have (`Within`, `OneOf`), and its row in
the settings dialog (`Row`) or why it has none (`Hidden`). The dialog, the checks and the notices are made from that. A file that
cannot be read is set aside, never lost; a value that makes no sense falls back to its default alone.
"""

from liqdesk.settings.declared import SECTIONS, Declared, Hidden, OneOf, Row, Within
from liqdesk.settings.fields import PANES, VERSION, Settings
from liqdesk.settings.sensible import declared, is_sensible, is_timezone
from liqdesk.settings.stored import Loaded, load, save

__all__ = [
    "PANES",
    "SECTIONS",
    "VERSION",
    "Declared",
    "Hidden",
    "Loaded",
    "OneOf",
    "Row",
    "Settings",
    "Within",
    "declared",
    "is_sensible",
    "is_timezone",
    "load",
    "save",
]
