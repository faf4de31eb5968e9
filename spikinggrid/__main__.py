"""Run the command line: `python -m spikinggrid`."""

import sys

from spikinggrid.cli.main import main

sys.exit(main())
