#!/usr/bin/env python3
"""Does a simulated culture learn what a living one learns from a tetanus?

Ruaro, Bonifazi & Torre (2005, IEEE TBME 52:371) showed two patterns to hippocampal
cultures on a 6 x 10 array: L (left column and bottom row) and inverted L (top row and right
column), before and after a tetanus on the L. Lagani et al. (2021) simulated it; this script
does the same with their network, or a smaller or another one, and prints the digitised
biology beside it. All four responses are measured in ONE window, the 50 ms from the
stimulus on. (The published plot used 20 ms before and 50 ms after the tetanus.)

The response of an electrode is the number of recent spikes of a neuron, each spike fading
with exp(-t / 20 ms), averaged over the neurons of its region; a count is its mean over the
window times 10. Means of the living cultures are those of the digitised time courses in this
window; their spread is that of the counts in the paper, which counts in another window.
"""

import argparse
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from scipy.signal import lfilter
from tqdm import tqdm

from spikinggrid import parameter_files, plots
from spikinggrid.errors import InputError
from spikinggrid.experiment import grow
from spikinggrid.mea import Mea
from spikinggrid.parameters import Parameters
from spikinggrid.randomness import random_generator
from spikinggrid.simulator import Simulator
from spikinggrid.stimuli import Stimulus, burst, poisson

PRESENTATION = 0.4  # s
ONSET, PULSED = 0.05, 0.01  # s; the test stimulus
N_TRAINS, TETANUS_RATE = 40, 250.0  # 40 trains of 100 pulses at 250 Hz
FADING = 0.02  # s; Lagani et al. 2021
BIN = 0.01  # s
WINDOW = slice(5, 10)  # the bins from 50 to 100 ms
SHOWN = slice(5, 15)  # the ten bins that the time courses are compared in

CASES = (("before", "L"), ("before", "inverted-L"), ("after", "L"), ("after", "inverted-L"))

# Mean over electrodes in bins of 10 ms from the stimulus on, and its standard deviation over
# four cultures: Ruaro et al. 2005, as digitised and rounded by Lagani et al. 2021.
BIOLOGY = np.array(
    [
        [0.40, 0.50, 0.40, 0.30, 0.20, 0.10, 0.05, 0.05, 0.05, 0.05],
        [0.40, 0.60, 0.50, 0.30, 0.20, 0.10, 0.05, 0.05, 0.05, 0.05],
        [0.70, 1.10, 0.80, 0.60, 0.50, 0.40, 0.40, 0.30, 0.30, 0.20],
        [0.40, 0.50, 0.40, 0.20, 0.10, 0.10, 0.10, 0.10, 0.10, 0.10],
    ]
)
BIOLOGY_SD = np.array(
    [
        [0.10, 0.10, 0.10, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05],
        [0.10, 0.10, 0.10, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05],
        [0.15, 0.30, 0.20, 0.05, 0.15, 0.15, 0.15, 0.15, 0.15, 0.10],
        [0.10, 0.20, 0.10, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05],
    ]
)
# Standard deviation of a count over cultures, as published for the counts of the paper.
BIOLOGY_COUNT_SD = (0.8, 0.8, 0.7, 0.5)


def main() -> int:
    """Run the experiment on several cultures; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", default="lagani2021/tetanization", help="preset or file")
    parser.add_argument("--neurons", type=int, help="another number of neurons")
    parser.add_argument("--engine", help="another engine than the file's")
    parser.add_argument("--seeds", type=int, default=4, help="number of cultures (default 4)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--output", type=Path, default=Path("tetanization.png"), help="figure")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    overrides = []
    if arguments.neurons:
        overrides.append(f"culture.n_neurons={arguments.neurons}")
    if arguments.engine:
        overrides.append(f"simulation.engine={arguments.engine}")
    try:
        parameters = parameter_files.load(arguments.parameters, overrides)
        responses = run_cultures(parameters, arguments.seeds, arguments.jobs)
        outcome = summarise(responses)
        plots.save(draw(responses, parameters), arguments.output)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(outcome, indent=2) if arguments.json else as_table(outcome))
    return 0


def run_cultures(parameters: Parameters, n_cultures: int, jobs: int) -> np.ndarray:
    """Time courses of all cultures, shape (n_cultures, 4 cases, n_bins)."""
    with ProcessPoolExecutor(min(jobs, n_cultures)) as pool:
        runs = pool.map(tetanize, [parameters] * n_cultures, range(n_cultures))
        return np.array(list(tqdm(runs, total=n_cultures, desc="cultures", disable=None)))


def tetanize(parameters: Parameters, seed: int) -> np.ndarray:
    """Test, tetanize and test again one culture; time courses, shape (4 cases, n_bins)."""
    mea, culture = grow(parameters, seed)
    simulator = Simulator(culture, parameters, seed)
    generator = random_generator(seed, "tetanus")
    patterns = {name: mea.select(name) for name in ("L", "inverted-L")}
    regions = mea.hearing(culture.x, culture.y, seed)

    def test() -> list[np.ndarray]:
        return [
            respond(simulator, mea, regions, burst(electrodes, ONSET, PULSED, simulator.dt))
            for electrodes in patterns.values()
        ]

    before = test()
    for _ in range(N_TRAINS):
        tetanus = poisson(patterns["L"], TETANUS_RATE, 0.0, PRESENTATION, simulator.dt, generator)
        simulator.present(tetanus, PRESENTATION, plastic=True)
    return np.array(before + test())


def respond(
    simulator: Simulator,
    mea: Mea,
    regions: tuple[np.ndarray, np.ndarray],
    stimulus: Stimulus,
) -> np.ndarray:
    """Mean response over electrodes to a test stimulus, in bins of 10 ms."""
    dt = simulator.dt
    electrode, neuron = regions  # every neuron once
    spikes = simulator.present(stimulus, PRESENTATION, plastic=False)
    counts = spikes.counts(len(neuron), dt)
    recent = lfilter([1.0], [1.0, -np.exp(-dt / FADING)], counts, axis=0)
    binned = recent.reshape(-1, round(BIN / dt), recent.shape[1]).mean(axis=1)
    sizes = np.bincount(electrode, minlength=mea.n_electrodes)
    per_electrode = np.array(
        [np.bincount(electrode, row[neuron], minlength=mea.n_electrodes) for row in binned]
    )
    return (per_electrode / np.maximum(sizes, 1)).mean(axis=1)


def summarise(responses: np.ndarray) -> dict:
    """Counts, ratios and distances from the biology, from shape (n_cultures, 4, n_bins)."""
    counts = responses[:, :, WINDOW].mean(axis=2) * 10
    biology = BIOLOGY[:, : WINDOW.stop - WINDOW.start].mean(axis=1) * 10
    error = responses.mean(axis=0)[:, SHOWN] - BIOLOGY
    return {
        "n_cultures": len(responses),
        "window": "50 to 100 ms",
        "cases": [" ".join(case) for case in CASES],
        "counts": {
            "simulated_mean": counts.mean(axis=0).tolist(),
            "simulated_sd": counts.std(axis=0, ddof=1).tolist() if len(counts) > 1 else None,
            "biology_mean": biology.tolist(),
            "biology_sd": list(BIOLOGY_COUNT_SD),
        },
        "ratio_L": _mean_and_sem(counts[:, 2] / counts[:, 0]),
        "ratio_inverted_L": _mean_and_sem(counts[:, 3] / counts[:, 1]),
        "selectivity": _mean_and_sem(counts[:, 2] / counts[:, 0] / (counts[:, 3] / counts[:, 1])),
        "biology": {
            "ratio_L": biology[2] / biology[0],
            "ratio_inverted_L": biology[3] / biology[1],
            "selectivity": biology[2] / biology[0] / (biology[3] / biology[1]),
        },
        "rmse": float(np.sqrt(np.mean(error**2))),
    }


def _mean_and_sem(values: np.ndarray) -> dict[str, float]:
    sem = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
    return {"mean": float(values.mean()), "sem": float(sem)}


def as_table(outcome: dict) -> str:
    """The outcome for reading."""
    counts = outcome["counts"]
    sds = counts["simulated_sd"] or [float("nan")] * len(CASES)
    lines = [f"{'count in 50 ms, mean (sd over cultures)':<42}{'simulated':>16}{'biology':>16}"]
    for case, mean, sd, real, real_sd in zip(
        outcome["cases"], counts["simulated_mean"], sds,
        counts["biology_mean"], counts["biology_sd"], strict=True,
    ):  # fmt: skip
        lines.append(f"  {case:<40}{mean:>8.2f} ({sd:.2f}) {real:>8.2f} ({real_sd:.2f})")
    lines.append(f"{'after / before, mean (standard error)':<42}")
    for key in ("ratio_L", "ratio_inverted_L", "selectivity"):
        value = outcome[key]
        lines.append(
            f"  {key.replace('_', ' '):<40}{value['mean']:>8.2f} ({value['sem']:.2f})"
            f" {outcome['biology'][key]:>8.2f}"
        )
    lines.append(f"{'RMSE of the four time courses':<42}{outcome['rmse']:>8.3f}")
    lines.append(f"{outcome['n_cultures']} cultures; biology: 4 (Ruaro et al. 2005)")
    return "\n".join(lines)


def draw(responses: np.ndarray, parameters: Parameters):
    """Time courses, simulated and real, with the spread over cultures."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    time = (np.arange(SHOWN.start, SHOWN.stop) + 0.5) * BIN * 1e3
    courses = responses[:, :, SHOWN]
    for number, (ax, (when, pattern)) in enumerate(zip(axes.flat, CASES, strict=True)):
        shown = [
            (courses[:, number].mean(axis=0), courses[:, number].std(axis=0), "simulated", "C0"),
            (BIOLOGY[number], BIOLOGY_SD[number], "living (Ruaro et al. 2005)", "#D55E00"),
        ]
        for mean, sd, label, colour in shown:
            ax.plot(time, mean, "o-", color=colour, label=label, markersize=4)
            ax.fill_between(time, mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0)
        ax.set_title(f"{when} the tetanus, {pattern}")
        ax.axvspan(50, 60, color="0.9", zorder=0)
    axes[0, 0].set_ylim(bottom=0)  # shared; set last, as it stops the scaling
    figure.supxlabel("time (ms); stimulus from 50 to 60 ms (grey)")
    figure.supylabel("response (fading spike count per neuron, mean over 60 electrodes)")
    axes[0, 0].legend(frameon=False)
    figure.suptitle(
        f"Tetanus on the L: {parameters.culture.n_neurons:,} neurons, mean and standard deviation"
        f" over {len(responses)} cultures"
    )
    return figure


if __name__ == "__main__":
    sys.exit(main())
