"""Answers of `spikinggrid infer`: simulate, guard, estimate, check."""

import argparse
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from spikinggrid.assays.assay import Trial
from spikinggrid.assays.spontaneous import record
from spikinggrid.fit import coverage as posterior_check
from spikinggrid.fit import misspecification as guard
from spikinggrid.fit import posterior
from spikinggrid.fit import simulation_store as simulations
from spikinggrid.fit.parameter_space import moved
from spikinggrid.parallel import client as cluster
from spikinggrid.parameters import files as parameter_files
from spikinggrid.plotting import posterior as posterior_figures
from spikinggrid.plotting.style import save
from spikinggrid.recordings import Recording, read
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import InputError, RefusalError
from spikinggrid.utils.files import check_outputs, check_writable, written_beside
from spikinggrid.utils.missing import json_text, number_text

#: Points drawn from a posterior, from which all that is told of it is computed.
N_DRAWN = 10_000


def answer(arguments: argparse.Namespace, plan: simulations.Plan) -> None:
    """Answer for one recording, or check the intervals; `plan` is what is simulated."""
    output, store = arguments.output, _store(arguments)
    real = None if arguments.check else _recording(arguments)
    duration = plan.parameters.simulation.duration
    values = real and real.features_of_first(duration)
    check_outputs(
        *_files(output, arguments.check),
        force=arguments.force,
        inputs=[arguments.parameters, store, *arguments.targets],
    )
    check_writable(store)
    try:
        with cluster.connected(arguments.cluster, arguments.jobs) as client:
            known = _simulations(plan, store, arguments.simulations, client)
            if arguments.check:
                _check(known, output, arguments.json)
                return
            verdict = _guarded(known, values, real, arguments.anyway)
            estimated = _estimated(known)
            drawn = drawn_for(estimated, values)
            dishes = dishes_of(plan, drawn, arguments.checks, client)
    except KeyboardInterrupt:
        kept = f"interrupted; {store} keeps what was simulated: go on by the same command"
        raise KeyboardInterrupt(kept) from None
    found = Answer(estimated, real, values, verdict, drawn, dishes)
    _write(found, output, arguments)
    print(json_text(found.as_json()) if arguments.json else found.as_text())
    print("wrote " + ", ".join(map(str, _files(output, False))), file=sys.stderr)


def _store(arguments: argparse.Namespace) -> Path:
    return arguments.store or Path(f"{Path(arguments.parameters).stem}.simulations.h5")


def _files(output: Path, check: bool) -> list[Path]:
    if check:
        return [output.with_name(f"{output.stem}-check.png")]
    return [output, output.with_suffix(".png"), output.with_name(f"{output.stem}-predictive.png")]


def _recording(arguments: argparse.Namespace):
    if len(arguments.targets) != 1:
        raise InputError(
            f"infer: found {len(arguments.targets)} recordings; right would be one, or none with"
            " --check"
        )
    return named(arguments.targets[0])


def named(path: str | Path) -> Recording:
    """A recording that says what file it is of."""
    loaded, name = read(path), Path(path).name
    return loaded if name in loaded.source else replace(loaded, source=f"{name}, {loaded.source}")


def _simulations(plan, store: Path, n: int, client) -> simulations.Simulations:
    from tqdm import tqdm

    with tqdm(total=n, unit="simulation", disable=None) as bar:
        known = simulations.simulated(
            store, plan, n, client, lambda done: bar.update(min(done, n) - bar.n)
        )
    if not known.features:
        raise InputError(f"{store}: all {len(known)} simulated cultures failed; take other bounds")
    _, placed = feature_space.encoded(known.features)
    n_failed = sum(map(bool, known.failures))
    print(
        f"{len(known)} simulations ({known.seconds / 60:.0f} min, one after the other):"
        f" {n_failed} silent or running away, {len(known) - n_failed - placed.sum()} without bursts or"
        f" network spikes, {placed.sum()} with all features",
        file=sys.stderr,
    )
    return known


def _estimated(known: simulations.Simulations) -> posterior.Posterior:
    from tqdm import tqdm

    with tqdm(total=posterior.N_FLOWS, desc="learning", unit="flow", disable=None) as bar:
        return posterior.estimate(known, progress=lambda done: bar.update(done - bar.n))


def _guarded(known, values, real, force: bool) -> guard.Verdict:
    """The verdict on a recording; a refusal unless answers are forced."""
    judging = guard.Guard(known)
    verdict = judging.judge(values, judging.n_too_close(real.spike_trains))
    if verdict.missing or not (verdict.inside or force):
        further = "" if verdict.missing else "; --anyway answers all the same"
        raise RefusalError(f"{real.source}: {verdict.sentence()}{further}")
    return verdict


def drawn_for(estimated: posterior.Posterior, values) -> np.ndarray:
    """Points drawn from the posterior of a culture with these features, shape (N_DRAWN, n_bounds)."""
    table = {name: np.array([value]) for name, value in values.items()}
    return estimated.sample(table, N_DRAWN)[:, 0]


def dishes_of(plan, drawn: np.ndarray, n: int, client) -> list[Trial]:
    """Cultures grown from the first n of them."""
    from tqdm import tqdm

    with tqdm(total=n, desc="dishes of the posterior", unit="dish", disable=None) as bar:
        return simulations.tried(plan, drawn[:n], client, lambda done: bar.update(done - bar.n))


# --- answers ---------------------------------------------------------------------------


class Answer:
    """What is told of one recording: what was estimated, and what dishes drawn from it do."""

    def __init__(self, estimated, real, values, verdict, drawn, dishes):
        self.plan = estimated.simulations.plan
        self.estimated, self.real, self.values = estimated, real, values
        self.verdict, self.drawn, self.dishes = verdict, drawn, dishes
        self.median = np.median(drawn, axis=0)

    def predictive(self) -> dict[str, dict]:
        """Median and 90 % interval of each feature of the dishes, and whether it holds the recording."""
        alive = [trial.measured for trial in self.dishes if not trial.failure]
        if not alive:
            return {}
        rows = {}
        for name in feature_space.NAMES:
            existing = [each[name] for each in alive if not np.isnan(each[name])]
            low, median, high = np.quantile(existing or [np.nan], [0.05, 0.5, 0.95])
            value = self.values[name]
            rows[name] = {
                "recording": value,
                "median": median,
                "low": low,
                "high": high,
                "holds": bool(low <= value <= high),
            }
        return rows

    def intervals(self) -> dict[str, dict]:
        """Median, 50 and 90 % intervals of each parameter (SI), and its width against the prior's."""
        rows = {}
        for bound, column in zip(self.plan.bounds, self.drawn.T, strict=True):
            quantiles = [bound.value(q) for q in np.quantile(column, [0.5, 0.25, 0.75, 0.05, 0.95])]
            rows[bound.key] = {
                "median": quantiles[0],
                "ci50": quantiles[1:3],
                "ci90": quantiles[3:],
                "unit": bound.dimension,
                "width": float(column.std() / posterior_check.PRIOR_SD),
            }
        return rows

    def n_held(self) -> int:
        """How many of the eleven published features the dishes' intervals hold."""
        published = feature_space.NAMES[: feature_space.N_PUBLISHED]
        return sum(row["holds"] for name, row in self.predictive().items() if name in published)

    def as_json(self) -> dict:
        known = self.estimated.simulations
        return {
            "recording": self.real.source,
            "simulations": {
                "n": len(known),
                "with_all_features": int(feature_space.encoded(known.features)[1].sum()),
                "seconds": known.seconds,
            },
            "guard": {
                "inside": self.verdict.inside,
                "likelihood": self.verdict.likelihood
                if np.isfinite(self.verdict.likelihood)
                else None,
                "threshold": self.verdict.threshold,
                "says": self.verdict.sentence(),
            },
            "parameters": self.intervals(),
            "predictive": self.predictive(),
            "published_features_held": self.n_held(),
        }

    def as_text(self) -> str:
        """Tables of parameters and of features."""
        forced = "" if self.verdict.inside else "; the answer was forced: do not trust it"
        lines = [
            f"{self.real.source}: {self.verdict.sentence()}{forced}",
            "",
            f"{'parameter':<44}{'median':>12}{'50 % interval':>24}{'90 % interval':>24}{'width':>7}",
        ]
        for bound, row in zip(self.plan.bounds, self.intervals().values(), strict=True):
            spans = [_span(bound, *row[level]) for level in ("ci50", "ci90")]
            mark = "  hardly determined" if row["width"] > posterior_check.AS_WIDE else ""
            lines.append(
                f"{bound.key:<44}{_text(bound, row['median']):>12}{spans[0]:>24}{spans[1]:>24}"
                f"{row['width']:>7.2f}{mark}"
            )
        n_failed = sum(bool(trial.failure) for trial in self.dishes)
        lines += [
            "(width: standard deviation, as a share of that before anything was known)",
            "",
            (
                f"{len(self.dishes)} dishes drawn from the posterior ({n_failed} of them silent or running"
                f" away): {self.n_held()} of the {feature_space.N_PUBLISHED} published features within"
                " their 90 % interval"
            ),
            f"{'feature':<28}{'recording':>12}{'dishes':>12}{'90 % interval':>24}",
        ]
        for name, row in self.predictive().items():
            mark = "" if row["holds"] else "  outside"
            lines.append(
                f"{name:<28}{number_text(row['recording']):>12}{number_text(row['median']):>12}"
                f"{number_text(row['low']):>12} to {number_text(row['high']):<8}{mark}"
            )
        return "\n".join(lines)


def _text(bound, value: float) -> str:
    return bound.text(float(f"{value:.3g}"))


def _span(bound, low: float, high: float) -> str:
    return f"{_text(bound, low)} to {_text(bound, high)}"


def _write(answer: Answer, output: Path, arguments: argparse.Namespace) -> None:
    """Write the parameter file of the medians, with all intervals at its head, and both figures."""
    plan = answer.plan
    path, pairs, predictive = _files(output, False)
    save(posterior_figures.pairs(plan.bounds, answer.drawn, answer.real.source), pairs)
    dishes = {"recording": answer.real}
    for number in [n for n, trial in enumerate(answer.dishes) if not trial.failure][:2]:
        candidate = moved(plan.parameters, plan.bounds, answer.drawn[number])
        dishes[f"dish {number + 1}"] = record(candidate, simulations.seed_of_trial(plan, number))
    save(posterior_figures.predictive(answer.predictive(), dishes), predictive)
    header = [
        f"{Path(arguments.parameters).stem} given {answer.real.source}: medians of the posterior",
        "",
        *answer.as_text().splitlines(),
        "",
        f"Made by: {_command(arguments)}",
    ]
    comments = "\n".join(f"# {line}".rstrip() for line in header)
    fitted = moved(plan.parameters, plan.bounds, answer.median)
    with written_beside(path) as beside:
        text = parameter_files.dumps(fitted, comments=True)
        beside.write_text(f"{comments}\n\n{text}", encoding="utf-8")


def _command(arguments: argparse.Namespace) -> str:
    words = ["spikinggrid", "infer", arguments.parameters, *arguments.targets]
    for override in arguments.overrides:
        words += ["--set", override]
    for entry in arguments.vary:
        words += ["--vary", entry]
    words += ["--simulations", str(arguments.simulations)] + ["--anyway"] * arguments.anyway
    return shlex.join(words)


# --- the check -------------------------------------------------------------------------


def _check(known: simulations.Simulations, output: Path, as_json: bool) -> None:
    """Print and draw whether intervals are as wide as they say."""
    from tqdm import tqdm

    with tqdm(total=posterior_check.N_PARTS, desc="checking", unit="part", disable=None) as bar:
        checked = posterior_check.check(known, lambda done: bar.update(done - bar.n))
    path = _files(output, True)[0]
    save(posterior_figures.check(checked), path)
    print(json_text(_check_as_json(checked)) if as_json else _check_as_text(checked))
    print(f"wrote {path}", file=sys.stderr)


def _check_as_json(checked: posterior_check.Check) -> dict:
    columns = {
        "coverage_50": checked.coverage(0.5),
        "coverage_90": checked.coverage(0.9),
        "recovery_r": checked.recovery(),
        "width": checked.width(),
        "uniformity_p": checked.uniformity(),
    }
    return {
        "cultures": len(checked.truths),
        "coverage_50": float(columns["coverage_50"].mean()),
        "coverage_90": float(columns["coverage_90"].mean()),
        "parameters": {
            key: {name: float(column[place]) for name, column in columns.items()}
            for place, key in enumerate(checked.keys)
        },
        "undetermined": checked.undetermined(),
    }


def _check_as_text(checked: posterior_check.Check) -> str:
    table = _check_as_json(checked)
    n = table["cultures"]
    lines = [
        f"{n} simulated cultures, each with a posterior that was not trained on it",
        f"{'parameter':<44}{'in 50 %':>9}{'in 90 %':>9}{'r':>7}{'width':>7}{'p':>8}",
    ]
    for key, row in table["parameters"].items():
        mark = "  hardly determined" if key in table["undetermined"] else ""
        lines.append(
            f"{key:<44}{row['coverage_50']:>9.3f}{row['coverage_90']:>9.3f}{row['recovery_r']:>7.2f}"
            f"{row['width']:>7.2f}{row['uniformity_p']:>8.3f}{mark}"
        )
    error = [np.sqrt(level * (1 - level) / n) for level in posterior_check.LEVELS]
    lines += [
        f"{'mean':<44}{table['coverage_50']:>9.3f}{table['coverage_90']:>9.3f}",
        (
            f"(in 50 %, in 90 %: share of truths within such intervals, standard error {error[0]:.3f} and"
            f" {error[1]:.3f} each;"
        ),
        " r: correlation of truth and median; width: of the posterior, as a share of the prior's;",
        " p: probability of such ranks if posteriors are right)",
    ]
    return "\n".join(lines)
