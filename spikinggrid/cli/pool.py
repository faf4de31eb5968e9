"""The command `spikinggrid pool`: simulate the dishes that fits look up."""

import argparse
import sys
from pathlib import Path

from spikinggrid.cli.options import (
    add_output,
    add_overrides,
    add_restart,
    add_workers,
    command_line,
    whole,
)
from spikinggrid.utils.files import check_outputs, check_writable

NAME = "pool"
SUMMARY = "simulate dishes for fits to look up, around published recordings and your own"
EPILOG = """\
`spikinggrid fit my_dish.h5` looks a pool up before it simulates anything. Make one of your
own for cultures unlike the published ones. Dishes are drawn anywhere between the bounds
first; then they follow recordings: one of the dishes nearest to a recording is varied, or
takes a step towards it. Every dish is kept in OUTPUT.simulations.jsonl as soon as it is
done; the same command goes on, and with more --dishes the pool grows.

examples:
  spikinggrid pool my_dish1.h5 my_dish2.h5 --dishes 1000 --output mine.h5
  spikinggrid fit my_dish1.h5 --pool mine.h5"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "recordings",
        nargs="*",
        metavar="RECORDING",
        help="recordings to follow, as long as the dishes and on their array, besides the published"
        " ones",
    )
    parser.add_argument(
        "--parameters",
        default="twin",
        metavar="PARAMETERS",
        help="what varies, with array and length of the dishes: a parameter file or a preset"
        " (default: twin)",
    )
    add_overrides(parser)
    add_output(parser, ".h5", what="the pool", default="pool.h5")
    parser.add_argument(
        "--dishes",
        type=whole(1),
        default=5000,
        help="how many to hold that did not fail; each hearing of one counts (default 5000)",
    )
    parser.add_argument(
        "--from-prior",
        type=whole(0),
        metavar="N",
        default=200,
        help="of them are drawn between the bounds before any follows a recording (default 200)",
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="NAME",
        help="a published recording not to follow, nor others of its culture; may be repeated",
    )
    add_workers(parser)
    add_restart(parser)


def run(arguments: argparse.Namespace) -> None:
    """Simulate until there are enough dishes, and write the pool."""
    from spikinggrid.fitting import pool_making
    from spikinggrid.fitting.recorded_dish import aim_for_pool
    from spikinggrid.fitting.simulation_store import SimulationStore
    from spikinggrid.parallel.client import connected
    from spikinggrid.recordings import load_parameters, read
    from spikinggrid.utils.progress import Progress

    parameters = load_parameters(arguments.parameters, arguments.overrides)
    space = pool_making.pool_space(parameters)
    store_path = arguments.output.with_suffix(".simulations.jsonl")
    inputs = [arguments.parameters, store_path, *arguments.recordings]
    check_outputs(arguments.output, force=arguments.force, inputs=inputs)
    check_writable(store_path)
    aims = pool_making.published_aims(space, arguments.without)
    aims |= {Path(path).stem: aim_for_pool(read(path), space) for path in arguments.recordings}
    try:
        with (
            SimulationStore(
                store_path, pool_making.identity(space), restart=arguments.restart
            ) as store,
            connected(arguments.cluster, arguments.jobs) as client,
            Progress(arguments.dishes, "dish") as progress,
        ):
            progress.say(store.story)
            pool_making.grow_pool(
                space,
                list(aims.values()),
                arguments.dishes,
                store,
                client,
                n_prior=arguments.from_prior,
                progress=progress,
            )
            line = command_line(NAME, add_arguments, arguments)
            pool = pool_making.pool_of(space, store, sorted(aims), line)
    except KeyboardInterrupt:
        kept = f"interrupted; {store_path} keeps the dishes: the same command goes on"
        raise KeyboardInterrupt(kept) from None
    pool.save(arguments.output)
    print(
        f"{len(pool):,} dishes, {store.seconds / 60:.1f} min one after the other; wrote"
        f" {arguments.output}",
        file=sys.stderr,
    )
