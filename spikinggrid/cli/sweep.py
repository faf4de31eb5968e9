"""The command `spikinggrid sweep`: what a parameter does, as a table and a figure."""

import argparse
import sys
from pathlib import Path

from spikinggrid.cli.options import (
    FIGURES,
    add_output,
    add_parameters,
    add_restart,
    add_workers,
    whole,
)
from spikinggrid.utils.files import check_outputs, check_writable
from spikinggrid.utils.missing import json_text

NAME = "sweep"
SUMMARY = "what a parameter does: cultures with each of some values, measured and drawn"
EPILOG = """\
Grows some cultures with every combination of the values. Measures the features of their
spontaneous activity or, if the parameters have a table [digits], how well they learn
digits. Silent and runaway cultures are named, and are no part of the averages.
Every culture is kept in OUTPUT.simulations.jsonl as soon as it is done; the same command
goes on, also with more --seeds.

examples:
  spikinggrid sweep culture --vary noise.drive='4 mV,5 mV,6 mV' --output drive.png
  spikinggrid sweep digits/two --vary culture.n_neurons=240,1000 \\
      --vary synapses.excitatory.reach='1.2 mm,2.4 mm' --seeds 5"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_parameters(parser)
    parser.add_argument(
        "--vary",
        action="append",
        required=True,
        metavar="KEY=A,B,C",
        help="values of a key; repeated, every combination is grown",
    )
    parser.add_argument(
        "--seeds",
        type=whole(1),
        default=3,
        metavar="N",
        help="cultures of each combination (default 3)",
    )
    add_output(parser, *FIGURES, what="figure to write", default_text="sweep-NAME.png")
    add_workers(parser)
    add_restart(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments: argparse.Namespace) -> None:
    """Grow and measure all cultures, draw them, print the table."""
    from spikinggrid.fitting import sweep
    from spikinggrid.plotting import sweep as figures
    from spikinggrid.plotting.style import save
    from spikinggrid.recordings import load_parameters
    from spikinggrid.utils.progress import Progress

    name = Path(arguments.parameters).stem
    output = arguments.output or Path(f"sweep-{name}.png")
    store = output.with_suffix(".simulations.jsonl")
    parameters = load_parameters(arguments.parameters, arguments.overrides)
    plan = sweep.SweepPlan(parameters, sweep.parse(arguments.vary), arguments.seeds)
    check_outputs(output, force=arguments.force, inputs=[arguments.parameters, store])
    check_writable(store)
    try:
        with Progress(plan.n_simulated, "culture", "sweep") as progress:
            result = sweep.run(
                plan,
                store,
                restart=arguments.restart,
                where=arguments.cluster,
                jobs=arguments.jobs,
                progress=progress,
            )
    except KeyboardInterrupt:
        kept = f"interrupted; {store} keeps the cultures: the same command goes on"
        raise KeyboardInterrupt(kept) from None
    save(figures.draw(result, name), output)
    print(json_text(result.as_dict()) if arguments.json else result.summary())
    print(f"wrote {output}", file=sys.stderr)
