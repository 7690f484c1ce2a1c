"""python -m liqdesk"""

import sys

from liqdesk.cli import main

if __name__ == "__main__":
    sys.exit(main())
