"""The catalogue of opsins, `opsins.toml`: light-gated channels by name, with their sources."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

#: Planck's constant (J s) times the speed of light (m/s).
PLANCK_LIGHT = 6.62607015e-34 * 299792458.0


@dataclass(frozen=True)
class Opsin:
    """A light-gated channel: a Markov chain of states whose rates depend on light alone.

    Attributes
    ----------
    name, about, source : str
        What it is, and where its model and spectrum are published.
    states : {"three", "four"}
        Which of the models in `opsins.toml`.
    conductance : float
        Of a neuron all of whose channels are in the first open state, S.
    gamma : float
        Conductance of the second open state relative to the first.
    reversal : float
        V
    half_flux : float
        Photon flux at which light-driven rates are half of their largest, photons / m2 / s.
    p, q : float
        Exponents of the dependence on light.
    rates : mapping of str to float
        By their names in `opsins.toml`, 1/s.
    spectrum : ndarray, shape (n, 2)
        Wavelengths (m, ascending), and what a photon does relative to one at the peak.
    """

    name: str
    about: str
    source: str
    states: str
    conductance: float
    gamma: float
    reversal: float
    half_flux: float
    p: float
    q: float
    rates: Mapping[str, float]
    spectrum: np.ndarray

    @property
    def peak(self) -> float:
        """Wavelength at which it is most sensitive, m."""
        return float(self.spectrum[self.spectrum[:, 1].argmax(), 0])

    @property
    def open_weights(self) -> np.ndarray:
        """Conductance of each state relative to the first open one, closed states first."""
        return np.array([0, 1, 0] if self.states == "three" else [0, 1, self.gamma, 0], float)

    def sensitivity(self, wavelength: float) -> float:
        """Return what a photon of a wavelength (m) does relative to one at the peak; 0 outside."""
        wavelengths, sensitivities = self.spectrum.T
        return float(np.interp(wavelength, wavelengths, sensitivities, left=0.0, right=0.0))

    def flux(self, irradiance: np.ndarray, wavelength: float) -> np.ndarray:
        """Return the photon flux at the peak (photons / m2 / s) that does what an irradiance does.

        Parameters
        ----------
        irradiance : ndarray
            W/m2
        wavelength : float
            m
        """
        return irradiance * (self.sensitivity(wavelength) * wavelength / PLANCK_LIGHT)

    def generator(self, flux: np.ndarray) -> np.ndarray:
        """Return the matrices Q of ds/dt = Q s for photon fluxes, shape (..., n, n), 1/s.

        States s are shares of the channels: closed, open, desensitised; or closed, open, second
        open, second closed.
        """
        rate, flux = self.rates, np.asarray(flux, np.float64)
        with np.errstate(divide="ignore", over="ignore"):
            h_p = 1 / (1 + (self.half_flux / flux) ** self.p)
            h_q = 1 / (1 + (self.half_flux / flux) ** self.q)
        if self.states == "three":
            moves = {
                (0, 1): rate["ka"] * h_p,
                (1, 2): rate["Gd"],
                (2, 0): rate["Gr0"] + rate["kr"] * h_q,
            }
        else:
            moves = {
                (0, 1): rate["k1"] * h_p,
                (1, 0): rate["Gd1"],
                (3, 2): rate["k2"] * h_p,
                (2, 3): rate["Gd2"],
                (1, 2): rate["Gf0"] + rate["kf"] * h_q,
                (2, 1): rate["Gb0"] + rate["kb"] * h_q,
                (3, 0): rate["Gr0"],
            }
        n = len(self.open_weights)
        matrices = np.zeros((*flux.shape, n, n))
        for (source, target), value in moves.items():
            matrices[..., target, source] += value
            matrices[..., source, source] -= value
        return matrices


@cache
def catalogue() -> Mapping[str, Opsin]:
    """Return all of them by name."""
    text = resources.files(__package__).joinpath("opsins.toml").read_text("utf-8")
    return {name: _opsin(name, entry) for name, entry in tomllib.loads(text).items()}


def _opsin(name: str, entry: dict) -> Opsin:
    """Return an opsin in SI base units."""
    return Opsin(
        name=name,
        about=entry["about"],
        source=entry["source"],
        states=entry["states"],
        conductance=entry["g0"] * 1e-9,
        gamma=entry.get("gamma", 0.0),
        reversal=entry["E"] * 1e-3,
        half_flux=entry["phim"] * 1e6,
        p=entry["p"],
        q=entry["q"],
        rates={rate: 1e3 * value for rate, value in entry["rates"].items()},
        spectrum=np.array(entry["spectrum"], float) / [1e9, 1],
    )
