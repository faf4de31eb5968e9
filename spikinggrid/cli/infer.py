"""The command `spikinggrid infer`: which parameters go with a recording, and how sure that is."""

import argparse
from pathlib import Path

from spikinggrid.cli import fit
from spikinggrid.cli.options import add_output, add_parameters, whole
from spikinggrid.parallel import client as cluster

NAME = "infer"
SUMMARY = "credible intervals of the parameters of a recorded culture"
EPILOG = """\
Draws simulations between the bounds, learns from them which parameters go with which
features, and gives credible intervals for one recording. Simulations are kept and serve
every later recording. A recording unlike anything the model produces is refused (exit
code 3). It needs pip install 'spikinggrid[inference]'.

examples:
  spikinggrid infer posterior my_dish.h5 --output my_dish.toml
  spikinggrid infer posterior --check"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_parameters(parser)
    parser.add_argument(
        "targets", nargs="*", metavar="RECORDING", help="one recording, or none with --check"
    )
    fit.add_vary(parser)
    add_output(
        parser, ".toml", what="inferred parameters; figures are beside", default="fitted.toml"
    )
    parser.add_argument(
        "--simulations", type=whole(1), default=1000, help="to learn from, at least (default 1000)"
    )
    parser.add_argument(
        "--store",
        type=Path,
        metavar="FILE.h5",
        help="where simulations are kept (default: PARAMETERS.simulations.h5)",
    )
    parser.add_argument(
        "--checks", type=whole(1), default=40, help="cultures grown from the posterior (default 40)"
    )
    fit.add_duration(parser)
    parser.add_argument(
        "--check", action="store_true", help="tell whether intervals are as wide as they say"
    )
    parser.add_argument(
        "--anyway", action="store_true", help="answer even if the model produces nothing like it"
    )
    cluster.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(arguments: argparse.Namespace) -> None:
    """Answer for one recording, or check the intervals."""
    from spikinggrid.cli import answers

    answers.answer(arguments, _plan(arguments))


def _plan(arguments: argparse.Namespace):
    """What is simulated for a posterior."""
    from spikinggrid.assays.spontaneous import SPONTANEOUS
    from spikinggrid.fit import simulation_store as simulations

    parameters, varied = fit.parameters_and_bounds(arguments, arguments.duration)
    SPONTANEOUS.check(parameters)
    return simulations.Plan(SPONTANEOUS, parameters, varied)
