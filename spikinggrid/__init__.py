"""SpikingGrid: a virtual culture of neurons on a multi-electrode array.

    import spikinggrid as sg

    parameters = sg.load("culture")                    a preset, a file, or a recording to repeat
    dish = sg.Dish(parameters, seed=3)                 grown, on its array, ready
    recording = dish.record("60 s", sg.pulses("L", start="20 s", repeats=30, interval="1 s"))
    recording.features()                               firing rates, bursts, correlations ...
    sg.plot.raster(recording)

    sg.compare_groups("groups.csv")                    what differs, culture by culture
    sg.connectivity(recording)                         which electrodes fire together, as a graph
    sg.fit("my_dish.h5")                               the twin of your dish
    sg.fit(["dish1.h5", "dish2.h5"], "culture")        parameters whose cultures are like yours
    sg.infer("my_dish.h5")                             the same with credible intervals
    sg.benchmark("digits/two", seeds=5)                how well cultures learn digits
    sg.report("my_dish.h5")                            all of it on one page for any browser
    sg.predict("my_dish.h5", folder="predicted")       how well your dish would

Names are imported when they are used first, so that `import spikinggrid` takes no time. The
packages, from the top: `cli`, `reporting`, `plotting`, `prediction`, `fitting`, `digits`, `assays`,
`simulation`, `recordings`, `light`, `network`, `mea`, `statistics`, `parallel`, `parameters`,
`utils`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spikinggrid import plotting as plot
    from spikinggrid.interface.digits import Benchmark, Prediction, benchmark, predict
    from spikinggrid.interface.fitting import Changes, Fit, Twin, fit
    from spikinggrid.interface.inference import Inference, infer
    from spikinggrid.interface.recordings import (
        Groups,
        Network,
        compare_groups,
        connectivity,
        table,
    )
    from spikinggrid.interface.reports import report
    from spikinggrid.light.illumination import illuminated, pictured
    from spikinggrid.mea.array import Mea
    from spikinggrid.mea.stimuli import Stimulus, burst, poisson, pulses, regular, tetanus
    from spikinggrid.parameters.model import Parameters
    from spikinggrid.recordings import Recording, read
    from spikinggrid.recordings import load_parameters as load
    from spikinggrid.simulation.dish import Dish
    from spikinggrid.utils.errors import InputError, RefusalError

__version__ = "0.2.0"

#: Where every public name is defined: module and name in it.
_PLACES = {
    "Benchmark": "interface.digits:Benchmark",
    "Changes": "interface.fitting:Changes",
    "Dish": "simulation.dish:Dish",
    "Fit": "interface.fitting:Fit",
    "Groups": "interface.recordings:Groups",
    "Inference": "interface.inference:Inference",
    "InputError": "utils.errors:InputError",
    "Mea": "mea.array:Mea",
    "Network": "interface.recordings:Network",
    "Parameters": "parameters.model:Parameters",
    "Prediction": "interface.digits:Prediction",
    "Recording": "recordings:Recording",
    "RefusalError": "utils.errors:RefusalError",
    "Stimulus": "mea.stimuli:Stimulus",
    "Twin": "interface.fitting:Twin",
    "benchmark": "interface.digits:benchmark",
    "burst": "mea.stimuli:burst",
    "compare_groups": "interface.recordings:compare_groups",
    "connectivity": "interface.recordings:connectivity",
    "fit": "interface.fitting:fit",
    "illuminated": "light.illumination:illuminated",
    "infer": "interface.inference:infer",
    "load": "recordings:load_parameters",
    "pictured": "light.illumination:pictured",
    "poisson": "mea.stimuli:poisson",
    "predict": "interface.digits:predict",
    "pulses": "mea.stimuli:pulses",
    "read": "recordings:read",
    "regular": "mea.stimuli:regular",
    "report": "interface.reports:report",
    "table": "interface.recordings:table",
    "tetanus": "mea.stimuli:tetanus",
}

__all__ = [
    "Benchmark",
    "Changes",
    "Dish",
    "Fit",
    "Groups",
    "Inference",
    "InputError",
    "Mea",
    "Network",
    "Parameters",
    "Prediction",
    "Recording",
    "RefusalError",
    "Stimulus",
    "Twin",
    "__version__",
    "benchmark",
    "burst",
    "compare_groups",
    "connectivity",
    "fit",
    "illuminated",
    "infer",
    "load",
    "pictured",
    "plot",
    "poisson",
    "predict",
    "pulses",
    "read",
    "regular",
    "report",
    "table",
    "tetanus",
]


def __getattr__(name: str) -> object:
    if name == "plot":
        value: object = import_module("spikinggrid.plotting")
    elif name in _PLACES:
        module, _, defined_as = _PLACES[name].partition(":")
        value = getattr(import_module(f"spikinggrid.{module}"), defined_as)
    else:
        raise AttributeError(f"module 'spikinggrid' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
