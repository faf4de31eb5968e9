"""The command `spikinggrid plot`: figures of recordings, cultures and benchmarks."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from spikinggrid.cli.options import FIGURES, add_output, names, seconds
from spikinggrid.cli.reading import add_reading, read_recordings, refuse_reading
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_outputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "plot"
SUMMARY = "draw a recording, a culture or the result of a benchmark"


class Kind(NamedTuple):
    """A kind of figure.

    Attributes
    ----------
    summary : str
        What it shows.
    options : tuple of str
        Options that it takes, besides --output.
    """

    summary: str
    options: tuple[str, ...] = ()


STRETCH = ("--from", "--to")
RECORDING_KINDS = {
    "raster": Kind("spikes of all electrodes, and their rate", (*STRETCH, "--electrodes")),
    "rates": Kind("firing rate of each electrode on the dish", (*STRETCH, "--electrodes")),
    "bursts": Kind(
        "the raster with detected bursts and network spikes", (*STRETCH, "--electrodes")
    ),
    "psth": Kind("response to each kind of stimulus", (*STRETCH, "--electrodes")),
    "compare": Kind("two recordings side by side", (*STRETCH, "--electrodes", "--with")),
}
CULTURE_KINDS = {
    "wiring": Kind("strength and chance of connections against distance"),
    "light": Kind("light on the dish, the current that it opens, and fluorescence"),
}
BENCHMARK_KINDS = {
    "learning-curve": Kind("accuracy during the training, and controls"),
    "confusion": Kind("which digits are taken for which"),
    "receptive-fields": Kind("what was learned: fields of the label neurons", ("--all",)),
    "electrodes": Kind("which show the image, carry labels, and hear the image"),
    "weights": Kind("strengths before and after"),
    "responses": Kind("to known and unknown digits, over time and on the array"),
    "output-distributions": Kind("spikes on the label electrodes for each digit"),
}
KINDS = RECORDING_KINDS | CULTURE_KINDS | BENCHMARK_KINDS


def _table(kinds: dict[str, Kind]) -> str:
    """Return a line for each kind, with the options that it takes."""
    lines = [
        f"  {name:<22}{kind.summary}{'; ' * bool(kind.options)}{' '.join(kind.options)}"
        for name, kind in kinds.items()
    ]
    return "\n".join(lines)


EPILOG = f"""\
kinds of figures of a recording:
{_table(RECORDING_KINDS)}

of the culture behind a recording, or of a parameter file:
{_table(CULTURE_KINDS)}

of result.h5 of a benchmark:
{_table(BENCHMARK_KINDS)}

examples:
  spikinggrid plot culture.h5 raster --from "20 s" --to "30 s"
  spikinggrid plot my_dish.h5 compare --with culture.h5 --output both.pdf
  spikinggrid plot benchmark-two/result.h5 receptive-fields"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="recording, parameter file or result.h5")
    parser.add_argument("kind", choices=tuple(KINDS), metavar="KIND", help="one of those below")
    parser.add_argument("--from", type=seconds, dest="t_start", metavar="TIME", help="begin here")
    parser.add_argument("--to", type=seconds, dest="t_stop", metavar="TIME", help="end here")
    parser.add_argument(
        "--electrodes", type=names, metavar="NAME,NAME", help="draw these electrodes alone"
    )
    parser.add_argument(
        "--all", action="store_const", const=True, dest="every", help="draw every neuron instead"
    )
    parser.add_argument(
        "--with",
        "--real",
        type=Path,
        dest="other",
        metavar="FILE",
        help="recording to compare with",
    )
    add_reading(parser)
    add_output(parser, *FIGURES, what="or .pdf, .svg", default_text="FOLDER-FILE-KIND.png")


def run(arguments: argparse.Namespace) -> None:
    """Draw the figure and write it."""
    from spikinggrid.plotting.style import save

    options = _options(arguments)
    output = arguments.output or _default_output(Path(arguments.file), arguments.kind)
    inputs = [arguments.file] + [arguments.other] * (arguments.other is not None)
    check_outputs(output, force=arguments.force, inputs=inputs)
    save(_draw(arguments, options), output)
    print(f"wrote {output}", file=sys.stderr)


def _options(arguments: argparse.Namespace) -> dict:
    """Return the options that are given, and refuse those that the kind does not take."""
    values = {
        "--from": ("t_start", arguments.t_start),
        "--to": ("t_stop", arguments.t_stop),
        "--electrodes": ("electrodes", arguments.electrodes),
        "--all": ("every", arguments.every),
        "--with": ("other", arguments.other),
    }
    options = {}
    for option, (name, value) in values.items():
        if value is None:
            continue
        if option not in KINDS[arguments.kind].options:
            takers = [kind for kind in KINDS if option in KINDS[kind].options]
            raise InputError(f"{option}: goes with {', '.join(takers)}, not with {arguments.kind}")
        options[name] = value
    if arguments.kind == "compare" and "other" not in options:
        raise InputError(
            "--with: is missing; for example: spikinggrid plot a.h5 compare --with b.h5"
        )
    return options


def _default_output(file: Path, kind: str) -> Path:
    """Return the name of a figure in the working folder: FOLDER-FILE-KIND.png."""
    folder = "" if file.parent == Path() else file.parent.resolve().name
    stem = Path(file.name.removesuffix(".gz")).stem
    return Path("-".join(filter(None, (folder, stem, kind))) + ".png")


def _draw(arguments: argparse.Namespace, options: dict) -> "Figure":
    from spikinggrid.plotting import pages

    file, kind = arguments.file, arguments.kind
    name = Path(file).name
    if kind not in RECORDING_KINDS:
        refuse_reading(arguments)
    if kind in BENCHMARK_KINDS:
        return _draw_benchmark(file, kind, options)
    if kind == "wiring":
        return _draw_wiring(file)
    if kind == "light":
        return _draw_light(file)
    if kind == "compare":
        other = options.pop("other")
        recording, beside = read_recordings([file, other], arguments)
        return pages.compare(recording, beside, (name, other.name), **options)
    (recording,) = read_recordings([file], arguments)
    return getattr(pages, kind)(recording, name, **options)


def _draw_benchmark(file: str, kind: str, options: dict) -> "Figure":
    from spikinggrid.digits.benchmark_result import load
    from spikinggrid.plotting import digits

    draw = getattr(digits, kind.replace("-", "_"))
    return draw(load(file), "/".join(Path(file).parts[-2:]), **options)


def _draw_light(file: str) -> "Figure":
    """Draw what a parameter file shows first by light, or else squares in the centre."""
    from spikinggrid.light.illumination import Illumination, illuminated
    from spikinggrid.plotting import light as plots
    from spikinggrid.recordings import load_parameters
    from spikinggrid.simulation.dish import Dish

    dish = Dish(load_parameters(file))
    first = dish.parameters.illumination[:1]
    shown = [entry.model_copy(update={"start": 0.1, "repeats": 1}) for entry in first]
    light = Illumination(tuple(shown)) if shown else illuminated("centre", 0.1, 0.3)
    picture = light.on(dish.screen, dish.array).pictures.max(axis=0)
    return plots.page(dish, picture, dish.run(1.0, light=light), file)


def _draw_wiring(file: str) -> "Figure":
    """Draw the wiring of a parameter file's culture, or of the culture behind a recording."""
    from spikinggrid.parameters.files import dumps
    from spikinggrid.plotting import pages
    from spikinggrid.recordings import load_parameters
    from spikinggrid.simulation.dish import Dish

    dish = Dish(load_parameters(file))
    electrodes = None if dish.array is None else dish.array.positions
    return pages.wiring(dish.culture, electrodes, file, dumps(dish.parameters))
