"""The command `spikinggrid advise`: which parameters a culture should have to do better."""

import argparse
import json
import sys
from pathlib import Path

from spikinggrid.cli.options import add_output, add_parameters, whole
from spikinggrid.parallel import client as cluster
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.files import check_outputs, check_writable, written_beside

NAME = "advise"
SUMMARY = "which parameters a culture should have to do better"
EPILOG = """\
PARAMETERS is the culture that you have; what could be changed about it, and between which bounds,
is given by --vary or by its table [calibration.bounds]. Cultures between these bounds are simulated
and kept (the store of a posterior serves as well), a model of them says where the best ones should
be, and cultures that follow the advice are grown to see whether it is right. With a table [digits]
"better" is to tell digits apart; with --like it is to measure like a recording or a target file.

examples:
  spikinggrid advise digits/two_dale --vary 'synapses.excitatory.reach=0.3 mm:3 mm:log' \\
      --vary culture.inhibitory_fraction=0.05:0.45 --output advice.md
  spikinggrid advise posterior --like hippocampus_div21 --store posterior.simulations.h5"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_parameters(parser)
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="KEY=LOW:HIGH[:log]",
        help="what could be changed; may be repeated (default: [calibration.bounds])",
    )
    parser.add_argument(
        "--like",
        metavar="TARGETS_OR_RECORDING",
        help="measure like this recording or target file, instead of telling digits apart",
    )
    parser.add_argument(
        "--simulations", type=whole(2), default=200, help="to learn from, at least (default 200)"
    )
    parser.add_argument(
        "--store",
        type=Path,
        metavar="FILE.h5",
        help="where simulations are kept (default: OUTPUT.simulations.h5)",
    )
    parser.add_argument(
        "--checks",
        type=whole(2),
        default=10,
        help="cultures of other wiring that are grown to compare (default 10 now, 10 as advised)",
    )
    add_output(
        parser,
        ".md",
        what="page to write; FILE.png and FILE.toml, the advised culture, go beside it",
        default="advice.md",
    )
    cluster.add_arguments(parser)
    parser.add_argument(
        "--json", action="store_true", help="print JSON as well as writing the page"
    )


def run(arguments: argparse.Namespace) -> None:
    """Simulate, learn, advise, and see what comes of the advice."""
    from tqdm import tqdm

    from spikinggrid.fit import parameter_space as bounds
    from spikinggrid.fit import simulation_store as simulations
    from spikinggrid.prediction import advise as advice

    plan, goal = _plan_and_goal(arguments)
    current = bounds.start(plan.parameters, plan.bounds)
    page, picture, culture, store = _files(arguments)
    check_outputs(
        page, picture, culture, force=arguments.force, inputs=[arguments.parameters, store]
    )
    check_writable(store)
    try:
        with cluster.connected(arguments.cluster, arguments.jobs) as client:
            n = arguments.simulations
            with tqdm(total=n, unit="simulation", disable=None) as bar:
                known = simulations.simulated(
                    store, plan, n, client, lambda done: bar.update(min(done, n) - bar.n)
                )
            given = advice.advise(known, goal, current)
            checked = _checked(given, arguments.checks, client)
    except KeyboardInterrupt:
        kept = f"interrupted; {store} keeps what was simulated: go on by the same command"
        raise KeyboardInterrupt(kept) from None
    _write(arguments, given, checked)
    told = (
        json.dumps(_as_json(given, checked), indent=2) + "\n"
        if arguments.json
        else as_page(given, checked)
    )
    print(told, end="")
    print(f"wrote {page}, {picture} and {culture}", file=sys.stderr)


def _files(arguments: argparse.Namespace) -> tuple[Path, Path, Path, Path]:
    page = arguments.output
    store = arguments.store or page.with_suffix(".simulations.h5")
    return page, page.with_suffix(".png"), page.with_suffix(".toml"), store


def _plan_and_goal(arguments: argparse.Namespace):
    from spikinggrid.cli import fit as cli_fit
    from spikinggrid.digits.assay import DIGITS
    from spikinggrid.fit import simulation_store as simulations
    from spikinggrid.prediction import advise as advice

    parameters, varied = cli_fit.parameters_and_bounds(arguments, None)
    if arguments.like is not None:
        aimed_at, _ = cli_fit.aimed_at([arguments.like])
        if not aimed_at.assay.is_recorded:
            raise InputError(f"--like {arguments.like}: is of another experiment than a recording")
        aimed_at.assay.check(parameters)
        return simulations.Plan(aimed_at.assay, parameters, varied), advice.likeness(aimed_at)
    if parameters.digits is None:
        raise InputError(
            f"{arguments.parameters}: better at what? right would be parameters with a table [digits],"
            " such as digits/two_dale, or --like RECORDING"
        )
    DIGITS.check(parameters)
    goal = advice.accuracy(len(parameters.digits.classes))
    return simulations.Plan(DIGITS, parameters, varied), goal


def _checked(given, n: int, client) -> dict[str, list[float]]:
    """The goal in cultures of other wiring, as they are now and as advised."""
    import numpy as np
    from tqdm import tqdm

    from spikinggrid.fit import simulation_store as simulations

    points = np.vstack([np.tile(given.current, (n, 1)), np.tile(given.advised, (n, 1))])
    with tqdm(total=2 * n, desc="seeing what comes of it", unit="culture", disable=None) as bar:
        trials = simulations.tried(
            given.plan, points, client, lambda done: bar.update(done - bar.n)
        )
    values = [given.goal.of_trial(trial) for trial in trials]
    return {"now": values[:n], "advised": values[n:]}


def _write(arguments: argparse.Namespace, given, checked) -> None:
    from spikinggrid.fit import parameter_space as bounds
    from spikinggrid.parameters import files as parameter_files
    from spikinggrid.plotting import advise as advice_figures
    from spikinggrid.plotting.style import save

    page, picture, culture, _ = _files(arguments)
    save(advice_figures.advice(given, checked), picture)
    advised = bounds.moved(given.plan.parameters, given.plan.bounds, given.advised)
    with written_beside(culture) as beside:
        beside.write_text(
            f"# As advised in {page.name}\n\n{parameter_files.dumps(advised, comments=True)}",
            encoding="utf-8",
        )
    with written_beside(page) as beside:
        beside.write_text(as_page(given, checked, picture.name), encoding="utf-8")


# --- words -----------------------------------------------------------------------------


def gain_of(given, checked: dict[str, list[float]]) -> tuple[float, float, float]:
    """Measured gain, positive for better, and its 95 % interval (Welch)."""
    import numpy as np
    from scipy.stats import ttest_ind

    better = 1 if given.goal.higher_is_better else -1
    now, then = (better * np.array(checked[name]) for name in ("now", "advised"))
    gain = float(then.mean() - now.mean())
    if not (now.std() or then.std()):
        return gain, gain, gain
    interval = ttest_ind(then, now, equal_var=False).confidence_interval(0.95)
    return gain, float(interval.low), float(interval.high)


def _as_json(given, checked) -> dict:
    gain, low, high = gain_of(given, checked)
    rows = {
        bound.key: {
            "now": bound.value(given.current[k]),
            "advised": bound.value(given.advised[k]),
            "interval90": [bound.value(given.low[k]), bound.value(given.high[k])],
            "unit": bound.dimension,
            "sensitivity_total": float(given.total[k]),
            "sensitivity_alone": float(given.alone[k]),
        }
        for k, bound in enumerate(given.plan.bounds)
    }
    return {
        "goal": given.goal.name,
        "simulations": len(given.values),
        "explained": given.explained,
        "parameters": rows,
        "expected_now": given.expected_current,
        "expected_advised": given.expected_advised,
        "expected_gain": given.expected_gain,
        "measured": checked,
        "measured_gain": gain,
        "measured_gain_ci95": [low, high],
    }


def as_page(given, checked: dict[str, list[float]], picture: str = "") -> str:
    """The advice on one page, in Markdown."""
    import numpy as np

    from spikinggrid.parameters import reference

    goal, bounds = given.goal, given.plan.bounds
    gain, low, high = gain_of(given, checked)
    n = len(checked["now"])
    lines = [
        f"# What to grow for {goal.name}",
        "",
        (
            f"From {len(given.values)} simulated cultures between the bounds below. The model of them explains"
            f" {100 * max(given.explained, 0):.0f} % of how they differ; the rest is chance (wiring, noise) or not"
            " understood."
        ),
        "",
        "| parameter | meaning | now | advised | 90 % interval | matters (total, alone) |",
        "|---|---|---|---|---|---|",
    ]
    for k in np.argsort(-given.total):
        bound = bounds[k]
        now, then, least, most = (
            _text(bound, share)
            for share in (given.current[k], given.advised[k], given.low[k], given.high[k])
        )
        lines.append(
            f"| `{bound.key}` | {reference.key(bound.key).meaning} | {now} | **{then}** | {least} to {most} |"
            f" {given.total[k]:.2f}, {given.alone[k]:.2f} |"
        )
    lines += [
        "",
        "| | now | as advised | gain |",
        "|---|---|---|---|",
        (
            f"| expected (90 % interval) | {_interval(given.expected_current)} |"
            f" {_interval(given.expected_advised)} | {_interval(given.expected_gain)} |"
        ),
        (
            f"| measured, {n} cultures each (95 % interval of the gain) | {np.mean(checked['now']):.3g} |"
            f" {np.mean(checked['advised']):.3g} | {_interval((gain, low, high))} |"
        ),
        "",
        (
            "The interval of a parameter says where the best culture may be as far as the simulations tell; one"
            " that fills the bounds means that it hardly matters, or that more simulations are needed. Matters:"
            " the share of the variance of the goal between the bounds that the parameter has a part in, and"
            " that it makes alone (Sobol's indices). Measured cultures have a wiring that no simulation had."
            " A gain is positive where it is for the better."
        ),
    ]
    if picture:
        lines += ["", f"![How the goal depends on each parameter]({picture})"]
    return "\n".join(lines) + "\n"


def _text(bound, share: float) -> str:
    return bound.text(float(f"{bound.value(share):.3g}"))


def _interval(values: tuple[float, float, float]) -> str:
    return "{:.3g} ({:.3g} to {:.3g})".format(*values)
