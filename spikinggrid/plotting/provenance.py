"""Where what a figure shows comes from: file, preset and seed, in words for its small print.

recording_text     of a recording, simulated or real
culture_text       of a culture
parameters_text    of a parameter file: the preset, and what differs from it
"""

import tomllib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from spikinggrid.network.culture import Culture
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters
from spikinggrid.recordings import Recording

if TYPE_CHECKING:  # whose module brings the simulator, which figures do not need
    from spikinggrid.digits.benchmark_result import BenchmarkResult

#: The seed is named apart; every culture of a benchmark or a fit has another.
NAMED_APART = "simulation.seed"

#: Parameters that differ from a preset by more keys are nobody's variant.
MOST_CHANGED = 15

#: So many of the changed keys are given with their values.
MOST_NAMED = 3


def recording_text(recording: Recording, file: str = "") -> str:
    """Return file, preset and seed of a recording; of a real one, its file and source.

    Parameters
    ----------
    recording : Recording
    file : str
        Where it was read from.
    """
    if not recording.parameters:
        source = recording.source
        return source if source.startswith(file) else f"{file}: {source}"
    parts = [file, recording.source, parameters_text(recording.parameters)]
    if recording.seed is not None:
        parts.append(f"seed {recording.seed}")
    return "; ".join(part for part in parts if part)


def culture_text(culture: Culture, parameters: str = "") -> str:
    """Return preset and seed of a culture.

    Parameters
    ----------
    culture : Culture
    parameters : str
        Its resolved parameter file.
    """
    text = f"{culture.n_neurons:,} neurons"
    if parameters:
        text += f"; {parameters_text(parameters)}"
    return f"{text}; seed {culture.seed}"


def benchmark_text(result: "BenchmarkResult", file: str = "", seed: int | None = None) -> str:
    """Return file, preset and seeds of a benchmark.

    Parameters
    ----------
    result : BenchmarkResult
    file : str
        Where it was read from.
    seed : int, optional
        Of the one culture that is shown.
    """
    seeds = list(result.seeds)
    numbers = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {', '.join(map(str, seeds))}"
    if seed is not None and len(seeds) > 1:
        numbers = f"seed {seed} of {', '.join(map(str, seeds))}"
    images = f"final figures on {result.split} images"
    parts = (file, parameters_text(result.parameters), numbers, images)
    return "; ".join(part for part in parts if part)


def cultures_text(parameters: Parameters, seeds: Sequence[int] = ()) -> str:
    """Return the preset of parameters, and the seeds of cultures that were grown from them.

    Parameters
    ----------
    parameters : Parameters
    seeds : sequence of int
        Consecutive; none if they are of no interest.
    """
    preset = parameters_text(parameter_files.dumps(parameters))
    if len(seeds) < 2:
        return preset + "".join(f"; seed {seed}" for seed in seeds)
    return f"{preset}; seeds {min(seeds)} to {max(seeds)}"


def parameters_text(text: str) -> str:
    """Return the preset that a resolved parameter file is nearest to, and what is changed.

    Parameters
    ----------
    text : str
        As `parameters.files.dumps` writes it.
    """
    own = dict(_leaves(tomllib.loads(text)))
    changes = {name: _changed(own, preset) for name, preset in _presets()}
    name = min(changes, key=lambda preset: len(changes[preset]))
    changed = changes[name]
    if len(changed) > MOST_CHANGED:
        return "no preset"
    if len(changed) > MOST_NAMED:
        return f"preset {name} with {len(changed)} keys changed"
    changes_text = ", ".join(_change_text(key, own.get(key, "none")) for key in changed)
    return f"preset {name}" + (f" with {changes_text}" if changes_text else "")


def _change_text(key: str, value: object) -> str:
    return f"own {key}" if isinstance(value, list) else f"{key} = {value}"


def _presets() -> Iterator[tuple[str, dict]]:
    for name in parameter_files.presets():
        text = parameter_files.dumps(parameter_files.load(name))
        yield name, dict(_leaves(tomllib.loads(text)))


def _changed(own: dict, preset: dict) -> list[str]:
    """Return the keys whose values differ, or that only one of both has."""
    return [key for key in {**own, **preset} if own.get(key) != preset.get(key)]


def _leaves(table: dict, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield every key of nested tables, such as "neuron.tau_m", with its value."""
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _leaves(value, f"{key}.")
        elif key != NAMED_APART:
            yield key, value
