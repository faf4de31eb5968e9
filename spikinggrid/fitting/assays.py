"""All assays by name: the one place where an assay is looked up.

`ASSAYS`       every assay that a fit, a sweep or an advice can use
`assay_for`    the one that a parameter file is made for
"""

from spikinggrid.assays.assay import Assay
from spikinggrid.assays.spontaneous import SPONTANEOUS
from spikinggrid.assays.tetanization import TETANIZATION
from spikinggrid.digits.assay import DIGITS
from spikinggrid.parameters.model import Parameters

ASSAYS: dict[str, Assay] = {assay.name: assay for assay in (SPONTANEOUS, TETANIZATION, DIGITS)}


def assay_for(parameters: Parameters) -> Assay:
    """Return the digit task for parameters with a table [digits], else spontaneous activity."""
    return SPONTANEOUS if parameters.digits is None else DIGITS
