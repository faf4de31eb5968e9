"""Small networks by hand, for tests of the engines."""

import numpy as np

from spikinggrid.network.connectivity import Projection
from spikinggrid.network.culture import Culture
from spikinggrid.parameters import files as parameter_files
from spikinggrid.parameters.model import Parameters

MV = 1e-3
MS = 1e-3
FIRE = 1.0  # V: a pulse that makes any neuron fire

BRIAN2 = "simulation.engine=brian2"
STATIC = (
    "plasticity.rule=static",
    *(f"plasticity.{key}=none" for key in ("trace", "tau_pre", "tau_post", "normalise")),
    *(f"plasticity.{name}=none" for name in ("input", "excitatory", "inhibitory")),
)


def parameters(*overrides: str) -> Parameters:
    """The published network's parameters for Brian2, without plasticity, and some changes."""
    return parameter_files.load("lagani2021/240_bio", [BRIAN2, *STATIC, *overrides])


def seeded(changed: Parameters, seed: int) -> Parameters:
    """The same parameters with another seed."""
    simulation = changed.simulation.model_copy(update={"seed": seed})
    return changed.model_copy(update={"simulation": simulation})


def plastic_parameters(*overrides: str) -> Parameters:
    """The same, learning in the excitatory projection alone."""
    return parameter_files.load(
        "lagani2021/240_bio",
        [BRIAN2, "plasticity.input=none", "plasticity.inhibitory=none", *overrides],
    )


def culture(
    excitatory: np.ndarray | None = None,
    inhibitory: np.ndarray | None = None,
    *,
    n_neurons: int = 1,
    relay: bool = True,
    n_excitatory: int | None = None,
    drive: float = 0.0,
    delay: float = 1 * MS,
    distance: float = 0.0,
    velocity: float = np.inf,
) -> Culture:
    """Neurons in a row, each with an electrode of its own whose pulses make it fire."""
    n_neurons = n_neurons if excitatory is None else len(excitatory)
    nobody = np.zeros((n_neurons, n_neurons))
    return Culture(
        width=1e-3,
        height=1e-3,
        x=distance * np.arange(n_neurons),
        y=np.zeros(n_neurons),
        n_excitatory=n_neurons if n_excitatory is None else n_excitatory,
        relay=relay,
        v_threshold=np.full(n_neurons, -50 * MV),
        drive=np.full(n_neurons, drive),
        input=Projection.from_matrix(FIRE * np.eye(n_neurons)),
        excitatory=Projection.from_matrix(nobody if excitatory is None else excitatory),
        inhibitory=Projection.from_matrix(nobody if inhibitory is None else inhibitory),
        excitatory_delay=delay,
        inhibitory_delay=delay,
        excitatory_velocity=velocity,
        inhibitory_velocity=velocity,
        seed=0,
    )
