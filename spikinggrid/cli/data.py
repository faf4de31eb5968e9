"""The command `spikinggrid data`: published recordings, listed, fetched and found."""

import argparse
import json
from typing import TYPE_CHECKING

from spikinggrid.utils.errors import InputError
from spikinggrid.utils.progress import Progress

if TYPE_CHECKING:
    pass

NAME = "data"
SUMMARY = "published recordings: list them, fetch one, say where it is"
EPILOG = """\
Looks in the folder that SPIKINGGRID_DATA names, then in the user's cache, then on the web.

example:
  spikinggrid data fetch C57_CTX_G2CEPHYS1_TC11_DIV21_A"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions, each with its arguments."""
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    for name, run, summary in (
        ("list", _list, "say which recordings there are, and which of them are on this machine"),
        ("fetch", _fetch, "download recordings, and say where they are"),
        ("where", _where, "say where recordings are on this machine"),
    ):
        action = actions.add_parser(name, help=summary)
        action.set_defaults(action=run)
        if run is _list:
            action.add_argument("--json", action="store_true", help="print JSON")
        else:
            action.add_argument("names", nargs="+", metavar="NAME", help="see `data list`")


def run(arguments: argparse.Namespace) -> None:
    """List, fetch or find recordings."""
    arguments.action(arguments)


def _fetch(arguments: argparse.Namespace) -> None:
    from spikinggrid.recordings import datasets

    sizes = {entry.name: entry.bytes for entry in datasets.recordings()}
    for name in arguments.names:
        with Progress(sizes.get(name, 0), "B", name) as progress:
            path = datasets.fetch(name, progress)
        print(path)


def _where(arguments: argparse.Namespace) -> None:
    from spikinggrid.recordings import datasets

    for name in arguments.names:
        path = datasets.where(name)
        if path is None:
            raise InputError(f"{name}: not on this machine; spikinggrid data fetch {name}")
        print(path)


def _list(arguments: argparse.Namespace) -> None:
    from spikinggrid.recordings import datasets

    entries = datasets.recordings()
    if arguments.json:
        paths = [datasets.where(entry.name) for entry in entries]
        rows = [
            vars(entry) | {"path": path and str(path)}
            for entry, path in zip(entries, paths, strict=True)
        ]
        print(json.dumps(rows, indent=2))
        return
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        here = "here" if datasets.where(entry.name) else f"{entry.bytes / 1e6:.1f} MB to fetch"
        print(f"{entry.name:<{width}}  {entry.region}  DIV {entry.div:<3} {here}")
    print(f"\n{entries[0].citation}\nLicence: {entries[0].licence}")
