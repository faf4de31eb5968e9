"""How strong a pulse of current is: what its phases do to a membrane that leaks.

Stimulation through electrodes under a culture is mediated by negative currents, whatever the shape
of the pulse (Wagenaar, Pine & Potter 2004, doi:10.1016/j.jneumeth.2004.03.005). A membrane
integrates them with a leak, so that a phase of duration w needs the current

    I(w) = I_rheobase / (1 - 2^(-w / chronaxie))

to fire a neuron (Lapicque 1907): the strength-duration curve, which falls to the rheobase for long
phases and is twice as high at the chronaxie. A positive phase pushes the membrane the other way,
and what is left of it when the negative phase begins takes from its effect. How the threshold grows
with distance is a matter of the culture: `synapses.input.rule = "current"`, after Stoney et al.
1968 (doi:10.1152/jn.1968.31.5.659).
"""

from functools import lru_cache

from spikinggrid.cl1.designs import SCALAR_PHASE, StimDesign

#: Chronaxie, us: a choice, not measured in cultures. It is short where axons begin and at nodes of
#: Ranvier, longer at somata and dendrites (Rattay et al. 2012,
#: doi:10.1016/j.neuroscience.2012.04.004), and it is axons that electrodes excite (Nowak & Bullier
#: 1998, doi:10.1007/s002210050304).
CHRONAXIE = 200.0


@lru_cache(maxsize=4096)
def efficacy(design: StimDesign) -> float:
    """Return what a pulse does to membranes, relative to 1 uA given for 160 us and then reversed.

    Parameters
    ----------
    design : StimDesign

    Returns
    -------
    float
        The largest depolarisation at the end of a phase; 0 if no phase is negative.

    Examples
    --------
    >>> efficacy(StimDesign(160, -2.0, 160, 2.0))
    2.0
    >>> efficacy(StimDesign(160, 2.0))
    0.0
    """
    nominal = 1 - 2 ** (-SCALAR_PHASE / CHRONAXIE)
    depolarisation = largest = 0.0
    for duration, current in zip(design.durations, design.currents, strict=True):
        left = 2 ** (-duration / CHRONAXIE)
        depolarisation = depolarisation * left - current * (1 - left)
        largest = max(largest, depolarisation)
    return largest / nominal
