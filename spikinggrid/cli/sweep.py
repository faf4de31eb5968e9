"""The command `spikinggrid sweep`: what a parameter does, as a table and a figure."""

import argparse
import sys
from pathlib import Path

from spikinggrid.cli.options import FIGURES, add_output, add_parameters, whole
from spikinggrid.parallel import client as cluster
from spikinggrid.utils.files import check_outputs, check_writable
from spikinggrid.utils.missing import json_text, number_text

#: Combinations that stand side by side in the table.
N_COLUMNS = 3


NAME = "sweep"
SUMMARY = "what a parameter does: cultures with each of some values, measured and drawn"
EPILOG = """\
Grows some cultures with every combination of the values. Measures the features of their
spontaneous activity or, if the parameters have a table [digits], how well they learn
digits. Silent and runaway cultures are named, and are no part of the averages.
Every culture is kept in OUTPUT.run.jsonl as soon as it is done; --resume goes on, also
with more --seeds.

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
    cluster.add_arguments(parser)
    parser.add_argument("--resume", action="store_true", help="go on with a sweep broken off")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(arguments: argparse.Namespace) -> None:
    """Grow and measure all cultures, draw them, print the table."""
    from tqdm import tqdm

    from spikinggrid.fit import sweep
    from spikinggrid.parameters import files as parameter_files
    from spikinggrid.plotting import sweep as sweep_figures
    from spikinggrid.plotting.style import save

    name = Path(arguments.parameters).stem
    output = arguments.output or Path(f"sweep-{name}.png")
    run_file = output.with_suffix(".run.jsonl")
    parameters = parameter_files.load(arguments.parameters, arguments.overrides)
    plan = sweep.Plan(parameters, sweep.parse(arguments.vary), arguments.seeds)
    check_outputs(output, force=arguments.force)
    check_writable(run_file)
    n_trials = len(plan.points) * len(plan.seeds)
    with tqdm(total=n_trials, unit="culture", desc="sweep", disable=None) as bar:
        try:
            outcome = sweep.run(
                plan,
                run_file,
                resume=arguments.resume,
                where=arguments.cluster,
                jobs=arguments.jobs,
                progress=bar.update,
            )
        except KeyboardInterrupt:
            kept = f"interrupted; {run_file} keeps the cultures: go on by --resume"
            raise KeyboardInterrupt(kept) from None
    save(sweep_figures.draw(outcome, name), output)
    print(json_text(_as_json(outcome)) if arguments.json else _as_text(outcome))
    print(f"wrote {output}", file=sys.stderr)


def _as_json(outcome) -> dict:
    def averages(cell, which: str) -> dict:
        return {name: getattr(cell, which)(name) for name in outcome.units}

    cells = [
        {
            "values": cell.values,
            "mean": averages(cell, "mean"),
            "sd": averages(cell, "sd"),
            "cultures": cell.measured,
            "failures": cell.failures,
        }
        for cell in outcome.cells
    ]
    return {
        "experiment": outcome.plan.assay.name,
        "varied": outcome.plan.values,
        "seeds": list(outcome.plan.seeds),
        "units": outcome.units,
        "cells": cells,
        "seconds": outcome.seconds,
    }


def _as_text(outcome) -> str:
    """Mean and standard deviation of everything measured, a column for each combination."""
    from spikinggrid.plotting.sweep import failed_text

    lines = []
    for start in range(0, len(outcome.cells), N_COLUMNS):
        some = outcome.cells[start : start + N_COLUMNS]
        rows = {key: [cell.values[key] for cell in some] for key in outcome.plan.values}
        rows["cultures"] = [str(len(cell.measured)) for cell in some]
        for name, unit in outcome.units.items():
            rows[f"{name} ({unit})"] = [_average(cell, name) for cell in some]
        lines += [f"{head:<42}" + "".join(f"{t:>24}" for t in row) for head, row in rows.items()]
        lines.append("")
    failed = [f"failed: {failed_text(cell)}" for cell in outcome.cells if cell.failures]
    n_seeds = len(outcome.plan.seeds)
    lines += failed or [f"mean +- standard deviation over {n_seeds} cultures"]
    return "\n".join(lines)


def _average(cell, name: str) -> str:
    if not cell.measured:
        return "failed"
    n, n_cultures = len(cell.existing(name)), len(cell.measured)
    spread = f" +- {_short(cell.sd(name))}" if n > 1 else ""
    of_some = f" ({n} of {n_cultures})" if 0 < n < n_cultures else ""
    return f"{_short(cell.mean(name))}{spread}{of_some}"


def _short(value: float) -> str:
    return number_text(value, ".3g" if abs(value) < 1000 else ".0f")
