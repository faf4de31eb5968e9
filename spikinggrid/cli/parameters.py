"""The command `spikinggrid parameters`: list the presets, or show one in full."""

import argparse
import json

from spikinggrid.cli.options import add_parameters

NAME = "parameters"
SUMMARY = "list the presets, or show one with all that it extends"
EPILOG = """\
example:
  spikinggrid parameters show culture > mine.toml"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions, each with its arguments."""
    parser.set_defaults(action=_list, json=False)
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    listed = actions.add_parser("list", help="list the presets (default)")
    listed.add_argument("--json", action="store_true", help="print JSON")
    shown = actions.add_parser("show", help="print all parameters, with what each of them means")
    add_parameters(shown)
    shown.set_defaults(action=_show)


def run(arguments: argparse.Namespace) -> None:
    """Print the list, or one parameter file."""
    arguments.action(arguments)


def _list(arguments: argparse.Namespace) -> None:
    from spikinggrid.parameters import files as parameter_files

    presets = parameter_files.presets()
    if arguments.json:
        print(json.dumps(presets, indent=2))
        return
    width = max(map(len, presets), default=0)
    for name, summary in presets.items():
        print(f"{name:<{width}}  {summary}")


def _show(arguments: argparse.Namespace) -> None:
    from spikinggrid.parameters.files import dumps
    from spikinggrid.recordings import load_parameters

    loaded = load_parameters(arguments.parameters, arguments.overrides)
    print(dumps(loaded, comments=True), end="")
