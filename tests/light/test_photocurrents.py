"""Opsins against SciPy's integration of the published equations, and published currents."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from spikinggrid.light.photocurrents import Photocurrents, exponentials
from spikinggrid.parameters import reference
from spikinggrid.parameters.opsins import catalogue

OPSINS = catalogue()
DT = 1e-3


def flux_of(opsin, milliwatts):
    """Photon flux at the peak of an irradiance in mW/mm2."""
    return opsin.flux(np.array([1e3 * milliwatts]), opsin.peak)


def three_states(t, s, phi, o):
    """The model of PyRhO as published, per ms and mm2."""
    h_p = phi**o.p / (phi**o.p + o.half_flux**o.p)
    h_q = phi**o.q / (phi**o.q + o.half_flux**o.q)
    closed, is_open, desensitised = s
    opening = o.rates["ka"] * h_p * closed
    recovery = (o.rates["Gr0"] + o.rates["kr"] * h_q) * desensitised
    loss = o.rates["Gd"] * is_open
    return [recovery - opening, opening - loss, loss - recovery]


def four_states(t, s, phi, o):
    h_p = phi**o.p / (phi**o.p + o.half_flux**o.p)
    h_q = phi**o.q / (phi**o.q + o.half_flux**o.q)
    c1, o1, o2, c2 = s
    r = o.rates
    forth, back = r["Gf0"] + r["kf"] * h_q, r["Gb0"] + r["kb"] * h_q
    return [
        r["Gd1"] * o1 + r["Gr0"] * c2 - r["k1"] * h_p * c1,
        r["k1"] * h_p * c1 + back * o2 - (r["Gd1"] + forth) * o1,
        r["k2"] * h_p * c2 + forth * o1 - (r["Gd2"] + back) * o2,
        r["Gd2"] * o2 - (r["k2"] * h_p + r["Gr0"]) * c2,
    ]


@pytest.mark.parametrize("name", OPSINS)
def test_states_are_those_of_the_published_equations(name):
    opsin = OPSINS[name]
    equations = three_states if opsin.states == "three" else four_states
    channels = Photocurrents(opsin, 1, DT)
    states = channels.states[0].copy()
    for milliwatts, n_steps in ((0.02, 40), (0.0, 60), (5.0, 50), (0.3, 30)):
        flux = flux_of(opsin, milliwatts)
        channels.illuminate(flux)
        channels.advance(n_steps)
        phi = max(flux[0], 1e-200)  # 0 to the power p is 0
        states = solve_ivp(
            equations, (0, n_steps * DT), states, "Radau", args=(phi, opsin), rtol=1e-10, atol=1e-12
        ).y[:, -1]
        assert channels.states[0] == pytest.approx(states, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "picoamperes"),
    [
        ("Chrimson", (110, 431, 561)),
        ("ChR2-H134R", (16, 130, 690)),
        ("ChR2", (1.3, 10, 48)),
        ("vf-Chrimson", (8, 41, 48)),
        ("GtACR2", (-22, -96, -153)),
    ],
)
def test_currents_at_minus_65_mv_after_half_a_second(name, picoamperes):
    opsin = OPSINS[name]
    for milliwatts, current in zip((0.005, 0.05, 1), picoamperes, strict=True):
        channels = Photocurrents(opsin, 1, DT)
        channels.illuminate(flux_of(opsin, milliwatts))
        opening = channels.advance(500)[-1, 0]
        inward = -opsin.conductance * opening * (-0.065 - opsin.reversal) * 1e12
        assert inward == pytest.approx(current, rel=0.05)


def test_currents_of_a_step_are_the_mean_of_its_begin_and_end():
    opsin = OPSINS["ChR2-PyRhO"]
    coarse, fine = Photocurrents(opsin, 1, 1e-3), Photocurrents(opsin, 1, 1e-5)
    for channels in (coarse, fine):
        channels.illuminate(flux_of(opsin, 1.0))
    means = fine.advance(2000)[:, 0].reshape(20, 100).mean(axis=1)
    assert coarse.advance(20)[:, 0] == pytest.approx(means, abs=0.005)


def test_in_the_dark_all_channels_close_again():
    channels = Photocurrents(OPSINS["vf-Chrimson"], 3, DT)
    assert not channels.advance(10).any()
    channels.illuminate(flux_of(channels.opsin, 1.0) * [0.0, 1.0, 10.0])
    lit = channels.advance(5)[-1]
    assert lit[0] == 0 < lit[1] < lit[2]
    channels.illuminate(np.zeros(3))
    channels.advance(3000)
    assert not channels.advance(1).any()
    assert channels.states.sum(axis=1) == pytest.approx([1, 1, 1])


def test_one_photon_more_per_joule_of_red_light_and_none_outside_the_spectrum():
    opsin = OPSINS["Chrimson"]
    assert opsin.flux(1e3, 590e-9) == pytest.approx(1e3 * 590 / 470 * 2.37e21 / 1e3, rel=2e-3)
    assert opsin.sensitivity(700e-9) == 0


def test_parameter_files_know_all_opsins_and_no_others():
    choices = reference.key("light.opsin").choices
    assert list(choices) == list(OPSINS)


def test_exponentials_are_those_of_scipy():
    matrices = np.random.default_rng(1).normal(0, 5, (4, 3, 3))
    assert exponentials(matrices) == pytest.approx(expm(matrices), rel=1e-9, abs=1e-9)
