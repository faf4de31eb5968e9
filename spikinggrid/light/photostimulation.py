"""From what a screen shows to the conductance that it opens in each neuron, step by step."""

import copy
import warnings

import numpy as np

from spikinggrid.light.photocurrents import Photocurrents
from spikinggrid.light.screen import Light, Screen
from spikinggrid.mea.pulse_trains import whole_steps
from spikinggrid.network.culture import Culture
from spikinggrid.parameters.model import Parameters
from spikinggrid.parameters.opsins import Opsin, catalogue
from spikinggrid.parameters.tables.base import needed
from spikinggrid.parameters.tables.light import LightTable
from spikinggrid.parameters.units import format_quantity
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.randomness import random_generator

#: Light above this harms cells within minutes (W/m2): 100 mW/mm2.
HARMFUL = 1e5

#: Where no neuron has more than this share of the light of white, a screen does nothing.
DARK = 0.01

#: Light is judged by what it does within this time, s.
JUDGED = 0.5


class LightWarning(UserWarning):
    """Light does nothing to neurons, or harms them, or photodetectors see none of them."""


class Photostimulation:
    """The light on a culture, and the channels of its neurons, as time goes on.

    Parameters
    ----------
    culture : Culture
    parameters : Parameters
        With the table `light`; who expresses how much comes from the seed.

    Attributes
    ----------
    screen : Screen
    currents : Photocurrents
    expression : ndarray, shape (n_neurons,)
        Amount of the opsin, relative to the published conductance; 0 where it is not expressed.
    leak_units : ndarray, shape (n_neurons,)
        Largest conductance of each neuron, relative to that of its membrane.

    Raises
    ------
    InputError
        If the screen has more pixels than memory.
    """

    def __init__(self, culture: Culture, parameters: Parameters):
        table, neuron = needed(parameters.light, "light", "light"), parameters.neuron
        self._table, self._parameters, self._culture = table, parameters, culture
        self.screen = Screen(parameters)
        self._field = self.screen.seen_from(culture.x, culture.y)
        self.opsin = catalogue()[table.opsin]
        self.expression = _expression(table, culture, parameters.simulation.seed)
        resistance = neuron.membrane_resistance or 0.0
        self.leak_units = resistance * self.opsin.conductance * self.expression
        lit = self._field.relative(np.ones(self.screen.shape)) > DARK
        if not (lit & (self.expression > 0)).any():
            warnings.warn(
                f"light: none of the neurons that the screen lights has {table.opsin}, so that it"
                " does nothing; see light.expressing, rows, columns and pitch",
                LightWarning,
                stacklevel=2,
            )
        self.reset()

    def reset(self) -> None:
        """Go dark, with all channels closed."""
        dt, n_neurons = self._parameters.simulation.dt, self._culture.n_neurons
        self.currents = Photocurrents(self.opsin, n_neurons, dt)
        self._is_dark = True
        self._coming: list[tuple[int, np.ndarray]] = []  # steps from now, pictures

    def at_rest(self, light: Light) -> "Photostimulation":
        """Return the same with all channels closed, and a light to come."""
        other = copy.copy(self)
        other.reset()
        other.show(light)
        return other

    def show(self, light: Light, carried: float = 0.0) -> None:
        """Show a light from now on.

        Parameters
        ----------
        light : Light
            Its times count from now, s. A picture begins in the step in which its time lies.
        carried : float
            Part of a step that has passed, steps.

        Raises
        ------
        InputError
            If it has not the pixels of the screen, or begins before.
        """
        if light.pictures.shape[1:] != self.screen.shape:
            raise InputError(
                f"light: found pictures of shape {light.pictures.shape[1:]}; the screen has"
                f" {self.screen.shape[0]} rows and {self.screen.shape[1]} columns"
            )
        if not np.all(light.times >= 0):
            raise InputError("light: a picture begins before the run")
        steps = whole_steps(carried + light.times / self._parameters.simulation.dt)
        self._coming.extend(zip(steps.tolist(), light.pictures, strict=True))
        self._coming.sort(key=lambda change: change[0])

    def irradiance(self, picture: np.ndarray) -> np.ndarray:
        """Return what reaches each neuron under a picture, W/m2."""
        # rounded, so that neurons in the same light share their rates
        return self._table.irradiance * np.round(self._field.relative(picture), 9)

    def next(self, n_steps: int) -> np.ndarray | None:
        """Return the conductance that is open in the next steps, relative to the membrane's own.

        Returns
        -------
        ndarray, shape (n_steps, n_neurons), or None
            None where no channel is open.
        """
        now = [change for change in self._coming if change[0] < n_steps]
        later = self._coming[len(now) :]
        self._coming = [(step - n_steps, picture) for step, picture in later]
        if not now and self._is_dark:
            return None
        pieces, done = [], 0
        for place, (step, picture) in enumerate(now):
            if place + 1 < len(now) and now[place + 1][0] == step:
                continue  # the last one of a step is shown
            pieces.append(self.currents.advance(step - done))
            done = step
            light = self.irradiance(picture)
            self.currents.illuminate(self.opsin.flux(light, self._table.wavelength))
            self._is_dark = not picture.any()
        pieces.append(self.currents.advance(n_steps - done))
        openings = np.concatenate(pieces)
        self._is_dark &= not openings[-1].any()
        return openings * self.leak_units


def warn_of_light(parameters: Parameters) -> None:
    """Warn (`LightWarning`) of light that cannot make neurons fire, or that harms them."""
    table = needed(parameters.light, "light", "light")
    irradiance = format_quantity(table.irradiance, "W/m2")
    if table.irradiance > HARMFUL:
        warnings.warn(
            f"light.irradiance: {irradiance} harms neurons, which light above"
            f" {format_quantity(HARMFUL, 'W/m2')} does by heat and radicals",
            LightWarning,
            stacklevel=2,
        )
    opsin, neuron = catalogue()[table.opsin], parameters.neuron
    needed_shift = neuron.v_threshold - neuron.v_rest - parameters.noise.drive
    if opsin.reversal <= neuron.v_threshold or table.irradiance == 0:
        return
    shift = lift(opsin, table.irradiance, table.wavelength, parameters)
    if shift >= needed_shift:
        return
    warnings.warn(
        f"light.irradiance: {irradiance} at {format_quantity(table.wavelength, 'm')} lifts the"
        f" membrane of a neuron with {table.opsin} by {format_quantity(_rounded(shift), 'V')} at"
        f" most, and it fires {format_quantity(_rounded(needed_shift), 'V')} above rest (an"
        f" ordinary LED screen gives 2 uW/mm2 to 16 uW/mm2); {_remedy(opsin, parameters)}",
        LightWarning,
        stacklevel=2,
    )


def lift(opsin: Opsin, irradiance: float, wavelength: float, parameters: Parameters) -> float:
    """Return by how much half a second of light lifts a silent membrane at most, V."""
    dt, neuron = parameters.simulation.dt, parameters.neuron
    currents = Photocurrents(opsin, 1, dt)
    currents.illuminate(opsin.flux(np.array([irradiance]), wavelength))
    openings = currents.advance(max(1, round(JUDGED / dt)))[:, 0]
    openings *= (neuron.membrane_resistance or 0.0) * opsin.conductance
    v = highest = 0.0
    for opening in openings:
        target = opening * (opsin.reversal - neuron.v_rest) / (1 + opening)
        v = target + (v - target) * np.exp(-dt * (1 + opening) / neuron.tau_m)
        highest = max(highest, v)
    return highest


def _remedy(opsin: Opsin, parameters: Parameters) -> str:
    """Say which opsins the light would be enough for, or how strong it would have to be."""
    table, neuron = needed(parameters.light, "light", "light"), parameters.neuron
    enough = neuron.v_threshold - neuron.v_rest - parameters.noise.drive
    would_do = [
        f"{other.name} ({format_quantity(other.peak, 'm')})"
        for other in catalogue().values()
        if other.reversal > neuron.v_threshold
        and lift(other, table.irradiance, other.peak, parameters) >= enough
    ]
    if would_do:
        return f"at their best wavelengths it would do with {', '.join(would_do)}"
    for factor in 10 ** np.arange(0.1, 8, 0.1):
        irradiance = float(factor) * table.irradiance
        if lift(opsin, irradiance, table.wavelength, parameters) >= enough:
            least = format_quantity(_rounded(irradiance), "W/m2")
            return f"no opsin here would do; {table.opsin} takes about {least}"
    return "no opsin here would do, and this one at no irradiance"


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")


def _expression(table: LightTable, culture: Culture, seed: int) -> np.ndarray:
    """Draw how much of the opsin each neuron has."""
    share = np.full(culture.n_neurons, table.expressing)
    if table.expressing_inhibitory is not None:
        share[culture.is_inhibitory] = table.expressing_inhibitory
    expresses = random_generator(seed, "opsin", "who").random(culture.n_neurons) < share
    variance = np.log1p(table.expression_cv**2)
    normal = random_generator(seed, "opsin", "amount").standard_normal(culture.n_neurons)
    return expresses * np.exp(np.sqrt(variance) * normal - variance / 2)
