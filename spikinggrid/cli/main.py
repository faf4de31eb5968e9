"""The command `spikinggrid`: the jobs of the package for people who do not program.

Each command is a module with NAME, SUMMARY, EPILOG, `add_arguments` and `run`. Heavy modules are
imported by `run`, so that `--help` is instant. Mistakes that a user can mend are one line each and
exit code 2.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any, Protocol

from spikinggrid.cli import (
    advise,
    benchmark,
    compare,
    connectivity,
    convert,
    data,
    fit,
    infer,
    parameters,
    plot,
    pool,
    predict,
    report,
    simulate,
    statistics,
    sweep,
    targets,
)
from spikinggrid.cli.options import Parser
from spikinggrid.utils.errors import InputError, exit_code


class Command(Protocol):
    """What the module of a command holds.

    Attributes
    ----------
    NAME : str
        The word on the command line.
    SUMMARY : str
        What it does: one line, without a capital or a full stop.
    EPILOG : str
        What else `--help` says, with examples.
    """

    NAME: str
    SUMMARY: str
    EPILOG: str

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """Add the arguments of the command."""

    def run(self, arguments: argparse.Namespace, /) -> None:
        """Do the work."""


#: In the order of `--help`.
COMMANDS: tuple[Command, ...] = (
    simulate,
    statistics,
    connectivity,
    plot,
    report,
    fit,
    infer,
    pool,
    benchmark,
    compare,
    sweep,
    advise,
    predict,
    targets,
    parameters,
    convert,
    data,
)

EPILOG = """\
Begin with: spikinggrid simulate culture --output culture.h5

Completion by the TAB key:
  eval "$(spikinggrid --print-completion bash)"        in ~/.bashrc; for zsh, in ~/.zshrc
  spikinggrid --print-completion fish | source         in ~/.config/fish/config.fish"""


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code (`errors.exit_code`)."""
    return exit_code(lambda: _run(words), "interrupted; nothing was written")


def _run(words: Sequence[str] | None) -> None:
    words = list(sys.argv[1:] if words is None else words)
    if words[:1] == ["fit"] and "--method" in words:  # what `infer` was called before 0.2
        place = words.index("--method")
        name, words[place : place + 2] = words[place + 1 : place + 2], []
        words[0] = "infer" if name == ["posterior"] else "fit"
    arguments = command_line().parse_args(words)
    try:
        arguments.run(arguments)
    except InputError as error:
        if not _is_of_key(str(error)) or not hasattr(arguments, "parameters"):
            raise
        files = [arguments.parameters, getattr(arguments, "task", None)]
        raise type(error)(f"{' with '.join(map(str, filter(None, files)))}: {error}") from None


def _is_of_key(message: str) -> bool:
    """Return whether a message is of a key that only the work itself proved wrong."""
    from spikinggrid.parameters.model import Parameters

    return message.partition(":")[0].partition(".")[0] in Parameters.model_fields


def command_line() -> Parser:
    """Return the parser of all commands."""
    parser = Parser(
        prog="spikinggrid",
        description="A virtual culture of neurons on a multi-electrode array.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_PrintVersion, nargs=0, help="print the version")
    parser.add_argument(
        "--print-completion",
        action=_PrintCompletion,
        choices=("bash", "zsh", "fish"),
        help="print what makes a shell complete commands, options and files",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        of_command = commands.add_parser(
            command.NAME,
            help=command.SUMMARY,
            description=f"{command.SUMMARY[0].upper()}{command.SUMMARY[1:]}.",
            epilog=command.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(of_command)
        of_command.set_defaults(run=command.run)
    return parser


class _PrintVersion(argparse.Action):
    """Print the version, and end."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        from importlib.metadata import version

        print(f"spikinggrid {version('spikinggrid')}")
        parser.exit()


class _PrintCompletion(argparse.Action):
    """Print a script of completion for a shell, and end."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, shell: Any, option: Any = None
    ) -> None:
        import shtab

        print(shtab.complete(parser, shell))
        parser.exit()
