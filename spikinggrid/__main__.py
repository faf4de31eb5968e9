"""Run the command line: `python -m spikinggrid`, or the script `spikinggrid`."""

import os
import signal
import sys

from spikinggrid.utils.errors import exit_code


def main() -> int:
    """Run the command line, and return its exit code."""
    os.environ["MPLBACKEND"] = "agg"  # figures are files, whatever a notebook's shell asks for
    code = exit_code(_run)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the work is done: no traceback at the very end
    return code


def _run() -> int:
    from spikinggrid.cli.main import main as command_line  # within reach of Ctrl-C

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
