"""The command `spikinggrid plot`: figures of recordings, cultures and benchmarks."""

import argparse
import sys
from pathlib import Path

from spikinggrid.cli.options import load_parameters
from spikinggrid.utils.errors import InputError

NAME = "plot"
SUMMARY = "draw a recording, a culture or the result of a benchmark"
EPILOG = """\
kinds:
  raster   spikes of all electrodes, and the population rate
  rates    firing rate of each electrode on the dish
  bursts   the raster with detected bursts and network spikes marked
  psth     response to the stimuli, over time and on the dish
  wiring   connection strength against distance (of a recording's culture or a preset)
  compare  two recordings side by side; give the second with --real

kinds for result.h5 of a benchmark:
  learning-curve        accuracy during the training, and controls
  confusion             which digits are taken for which
  receptive-fields      what every neuron responds to, before and after
  weights               strengths before and after
  responses             to known and unknown digits, over time and on the array
  output-distributions  spikes on the label electrodes for each digit

example:
  spikinggrid plot culture.h5 raster --output raster.png"""

PLOTS = ("raster", "rates", "bursts", "psth", "wiring", "compare")
BENCHMARK_PLOTS = (
    "learning-curve",
    "confusion",
    "receptive-fields",
    "weights",
    "responses",
    "output-distributions",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="recording; for wiring also a parameter file")
    kinds = (*PLOTS, *BENCHMARK_PLOTS)
    parser.add_argument("kind", choices=kinds, metavar="KIND", help="one of those below")
    parser.add_argument("--real", type=Path, metavar="FILE", help="recording to compare with")
    parser.add_argument("--output", type=Path, metavar="FILE.png", help="default: FILE-KIND.png")


def run(arguments: argparse.Namespace) -> None:
    """Draw the figure and write it."""
    from spikinggrid.plotting import recordings as plots
    from spikinggrid.recordings import read

    if (arguments.kind == "compare") != (arguments.real is not None):
        raise InputError(
            "--real: goes with compare; for example: spikinggrid plot a.h5 compare --real b.h5"
        )
    stem = Path(arguments.file).name.split(".")[0]
    output = arguments.output or Path(f"{stem}-{arguments.kind}.png")
    if arguments.kind in BENCHMARK_PLOTS:
        from spikinggrid.digits import benchmark
        from spikinggrid.plotting import digits as digit_plots

        draw = getattr(digit_plots, arguments.kind.replace("-", "_"))
        figure = draw(benchmark.load(arguments.file))
    elif arguments.kind == "wiring":
        figure = _plot_wiring(arguments.file)
    elif arguments.kind == "compare":
        figure = plots.compare(read(arguments.file), read(arguments.real))
    else:
        figure = getattr(plots, arguments.kind)(read(arguments.file))
    plots.save(figure, output)
    print(f"wrote {output}", file=sys.stderr)


def _plot_wiring(file: str):
    """Draw the wiring of a parameter file's culture, or of the culture behind a recording."""
    from spikinggrid.plotting import recordings as plots
    from spikinggrid.simulation import dish as experiment

    mea, culture = experiment.grow(load_parameters(file))
    return plots.wiring(culture, mea.positions)
