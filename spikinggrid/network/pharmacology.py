"""A culture with drugs in its dish: the same neurons and connections, other strengths."""

from spikinggrid.network.culture import Culture
from spikinggrid.parameters.model import Parameters

#: A complete block leaves this of the fast excitatory current, as strengths hold the slow one, too.
LEAST = 1e-6


def under_drugs(culture: Culture, parameters: Parameters) -> tuple[Culture, Parameters]:
    """Return what an engine runs: the culture and parameters that the drugs leave.

    The fast excitatory current is scaled by what is left of AMPA, the slow one by what is left of
    NMDA, the inhibitory one by what is left of GABA_A. Electrodes, noise and drive stay. Nothing is
    drawn anew, and a dose of 0 changes no bit.

    Parameters
    ----------
    culture : Culture
        As it was grown.
    parameters : Parameters
    """
    drugs = parameters.pharmacology
    if drugs is None:
        return culture, parameters
    ampa = max(drugs.remaining("ampa"), LEAST)
    left = culture.with_strengths(
        excitatory=ampa * culture.excitatory.strengths(),
        inhibitory=drugs.remaining("gaba_a") * culture.inhibitory.strengths(),
    )
    table = parameters.synapses.excitatory
    if table.slow_share is None:
        return left, parameters
    share = table.slow_share * (drugs.remaining("nmda") / ampa)  # of strengths that are scaled
    excitatory = table.model_copy(update={"slow_share": share})
    synapses = parameters.synapses.model_copy(update={"excitatory": excitatory})
    return left, parameters.model_copy(update={"synapses": synapses})
