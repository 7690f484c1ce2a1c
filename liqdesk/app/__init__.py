"""The composition root: builds everything, joins everything, decides nothing.

Law: no logic of its own beyond order and wiring. Each entry point loads only the rooms it needs, so that a command line that opens no
window imports no Qt widget.
"""

from liqdesk.app.choices import Choices, Picture
from liqdesk.app.desk import open_window
from liqdesk.app.offline import import_archive, score_swept
from liqdesk.app.picture import snapshot

__all__ = ["Choices", "Picture", "import_archive", "open_window", "score_swept", "snapshot"]
