"""What the commands share: their parser, common options, and types of values.

Those of commands that read recordings are in `reading`.

Parser             an argument parser whose mistakes are one line, with the nearest right word
add_parameters     PARAMETERS and --set
add_overrides      --set alone
add_task           --task: the digits that a culture of another file shall learn
load_on_task       that culture with the task
add_vary           --vary: what varies, and between which bounds
add_workers        --jobs and --cluster: who does the work
add_restart        --restart: start over instead of going on
add_split          --split: which images the accuracies are of
add_watts          --watts: what a busy core takes, for joules
add_output         --output and --force
command_line       the command that does the same again

Types of options, which check what is given:

whole, fraction, positive    numbers
seconds, length    a time, and one above 0
hertz              a frequency
names              names with commas between them
file_name          a file of the right suffix
"""

import argparse
import difflib
import math
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from spikinggrid.utils.errors import InputError, quoted, shortened

if TYPE_CHECKING:
    from spikinggrid.parameters.model import Parameters

#: How names of recordings and of figures end.
RECORDINGS = (".h5", ".hdf5", ".nwb")
WRITTEN = (*RECORDINGS, ".csv")
FIGURES = (".png", ".pdf", ".svg")


#: Nobody waits for more cultures, generations or simulations than this.
MOST = 1_000_000

#: As in [simulation].
LARGEST_SEED = 2**63 - 1

#: Options that change nothing in what a command finds.
OF_NO_CONSEQUENCE = ("jobs", "cluster", "json", "restart", "resume", "store", "force")


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `InputError`: one line, no usage."""

    def error(self, message: str) -> NoReturn:
        """Raise what the command line prints."""
        raise InputError(
            f"{self.prog}: {message.removeprefix('argument ')}; see {self.prog} --help"
        )

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse what no option or argument of this command stands for."""
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            words = [word.partition("=")[0] for word in unknown if word.startswith("-")]
            word = (words or unknown)[0]
            nearest = near(word, self._option_string_actions) if words else ""
            kind = "option" if words else "argument"
            self.error(f"{shortened(word)}: no such {kind}{nearest}")
        return parsed, unknown

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = list(map(str, action.choices))
            hint = near(str(value), choices) or f"; right would be {', '.join(choices)}"
            raise argparse.ArgumentError(action, f"found {quoted(value)}{hint}")


def near(word: str, words: Iterable[str]) -> str:
    """Return "; did you mean ...?", or nothing if no word is near."""
    matches = difflib.get_close_matches(word, list(words), 1)
    return f"; did you mean {matches[0]}?" if matches else ""


# --- options ---------------------------------------------------------------------------


def add_parameters(
    parser: argparse.ArgumentParser, default: str | None = None, what: str = "recording"
) -> None:
    """Add the argument PARAMETERS, and `--set`.

    Parameters
    ----------
    parser : ArgumentParser
    default : str, optional
        A preset that is taken if there is no argument.
    what : str
        What can be repeated, besides presets and parameter files.
    """
    more = f" (default: {default})" if default else ""
    parser.add_argument(
        "parameters",
        metavar="PARAMETERS",
        nargs="?" if default else None,
        default=default,
        help=f"parameter file, name of a preset, or {what} to repeat{more}",
    )
    add_overrides(parser)


def add_overrides(parser: argparse._ActionsContainer) -> None:
    """Add `--set`, which changes parameters."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        help='change one parameter, such as neuron.tau_m="15 ms"; may be repeated',
    )


def add_task(parser: argparse._ActionsContainer) -> None:
    """Add `--task`, whose digits a culture of another file shall learn."""
    parser.add_argument(
        "--task",
        metavar="FILE",
        help="parameter file or preset whose digits and plasticity this culture shall take, such"
        " as digits/twin_two; --set changes both together",
    )


def load_on_task(culture: str, task: str, overrides: list[str]) -> "Parameters":
    """Load a culture with the task of another file, as `add_task` says.

    Raises
    ------
    InputError
        If a file cannot be read, or the task does not fit the culture.
    """
    from spikinggrid.digits.task import with_task
    from spikinggrid.parameters import files as parameter_files
    from spikinggrid.recordings import load_parameters

    tables = parameter_files.load(task)
    try:
        combined = with_task(load_parameters(culture), tables)
    except InputError as error:
        raise InputError(f"{culture} with {task}: {error}") from None
    return parameter_files.override(combined, overrides, culture)


def add_vary(parser: argparse._ActionsContainer, what: str = "what varies") -> None:
    """Add `--vary`, which says what varies and between which bounds."""
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="KEY=LOW:HIGH[:log]",
        help=f"{what}, and between which bounds; may be repeated (default: the table"
        " [calibration.bounds] of the parameters)",
    )


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Add `--jobs` and `--cluster`, which say who does the work."""
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--jobs",
        type=whole(1),
        metavar="N",
        help="processes of this machine (default: one for each processor)",
    )
    who.add_argument(
        "--cluster",
        metavar="WHERE",
        help="other machines: tcp://HOST:8786, the address of a Dask scheduler, or a file such as"
        " slurm.toml, by which SLURM starts workers; results are the same",
    )


def add_restart(parser: argparse.ArgumentParser) -> None:
    """Add `--restart`; the same command goes on by itself, with `--resume` as well."""
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "--restart",
        action="store_true",
        help="start over instead of going on; what an earlier run kept is replaced",
    )
    either.add_argument("--resume", action="store_true", help=argparse.SUPPRESS)


def add_split(parser: argparse.ArgumentParser) -> None:
    """Add `--split`, which says of which images the accuracies are."""
    parser.add_argument(
        "--split",
        choices=("validation", "test"),
        default="validation",
        help="images of the accuracies (default: validation; tune on that)",
    )


def add_watts(parser: argparse.ArgumentParser) -> None:
    """Add `--watts`, by which seconds of this computer become joules."""
    parser.add_argument(
        "--watts",
        type=positive,
        metavar="W",
        help="what a busy core of this computer takes, for its joules (default: assume 5 to 20 W)",
    )


def add_output(
    parser: argparse.ArgumentParser,
    *suffixes: str,
    what: str = "file to write",
    default: str | None = None,
    default_text: str | None = None,
) -> None:
    """Add `--output` and `--force`, without which no file is overwritten.

    Parameters
    ----------
    parser : ArgumentParser
    *suffixes : str
        With which the name may end, such as ".h5".
    what : str
        What is written.
    default : str, optional
        Name of the file unless given.
    default_text : str, optional
        How `--help` says what the name is unless given: `default` itself.
    """
    usual = default if default_text is None else default_text
    parser.add_argument(
        "--output",
        type=file_name(*suffixes),
        default=default and Path(default),
        metavar=f"FILE{suffixes[0]}",
        help=f"{what} (default: {usual})" if usual else what,
    )
    parser.add_argument("--force", action="store_true", help="overwrite files that exist")


def command_line(
    command: str, add_arguments: Callable[[Parser], None], arguments: argparse.Namespace
) -> str:
    """Return the command that does the same again, to be written into its result.

    Parameters
    ----------
    command : str
        Its name.
    add_arguments : callable
        Add the arguments of the command to a parser.
    arguments : Namespace
        Its arguments. Those that have their default, or do not change the result, are left out.
    """
    parser = Parser(add_help=False)
    add_arguments(parser)
    words = ["spikinggrid", command]
    for action in parser._actions:
        value = getattr(arguments, action.dest)
        if action.dest in OF_NO_CONSEQUENCE or (action.option_strings and value == action.default):
            continue
        for one in value if isinstance(value, list) else [value]:
            words += action.option_strings[-1:]
            words += [] if isinstance(one, bool) or one is None else [str(one)]
    return shlex.join(words)


# --- types of values -------------------------------------------------------------------


def whole(least: int, most: int = MOST) -> Callable[[str], int]:
    """Return a type of options: whole numbers from `least` to `most`."""

    def value(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(
                f"found {shortened(text)}; right would be a whole number, {least} to {most:,}"
            )
        return number

    return value


def file_name(*suffixes: str) -> Callable[[str], Path]:
    """Return a type of options: names of files that end in one of the suffixes."""

    def value(text: str) -> Path:
        if Path(text).suffix.lower() not in suffixes:
            raise argparse.ArgumentTypeError(
                f"found {shortened(text)}; right would be a name that ends in"
                f" {' or '.join(suffixes)}"
            )
        return Path(text)

    return value


def fraction(text: str) -> float:
    """Return a number above 0 and up to 1: a type of options."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(
            f"found {shortened(text)}; right would be a number above 0 and up to 1"
        )
    return number


def positive(text: str) -> float:
    """Return a number above 0: a type of options."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"found {text}; right would be a number above 0")
    return number


def seconds(text: str) -> float:
    """Return a time in s, given with a unit or in s: a type of options."""
    from spikinggrid.parameters.units import parse

    try:
        return float(text)
    except ValueError:
        pass
    try:
        return parse(text, "s")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'{error}; for example 20 or "20 s"') from None


def length(text: str) -> float:
    """Return a time above 0 in s, given with a unit or in s: a type of options."""
    value = seconds(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(
            f'found {shortened(text)}; right would be a time above 0, such as "10 ms"'
        )
    return value


def hertz(text: str) -> float:
    """Return a frequency in Hz, with or without a unit: a type of options."""
    from spikinggrid.parameters import units

    try:
        return float(text)
    except ValueError:
        pass
    try:
        return units.parse(text, "Hz")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'{error}; for example "25 kHz"') from None


def names(text: str) -> list[str]:
    """Return names that stand with commas between them: a type of options."""
    return [name.strip() for name in text.split(",") if name.strip()]
