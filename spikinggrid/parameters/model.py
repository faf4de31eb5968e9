"""What a parameter file may say: one frozen model per table, one field per key.

The tables are in `culture_tables` and `experiment_tables`, what they have in common in `tables`.
How files are found, combined and written is in `parameter_files`.
"""

from pydantic import Field, model_validator

from spikinggrid.parameters.culture_tables import (
    CultureTable,
    NeuronTable,
    NoiseTable,
    PlasticityTable,
    SynapsesTable,
)
from spikinggrid.parameters.experiment_tables import (
    CalibrationTable,
    DigitsTable,
    MeaTable,
    SimulationTable,
    StimulationTable,
)
from spikinggrid.parameters.tables import Table


class Parameters(Table):
    """Everything that makes an experiment: the content of one parameter file."""

    culture: CultureTable
    neuron: NeuronTable
    noise: NoiseTable
    synapses: SynapsesTable
    plasticity: PlasticityTable
    mea: MeaTable
    simulation: SimulationTable
    stimulation: list[StimulationTable] = Field(default_factory=list)
    digits: DigitsTable | None = None
    calibration: CalibrationTable | None = None

    @model_validator(mode="after")
    def _tables_agree(self):
        if self.culture.inhibition == "relay":
            _refuse_apart(self.neuron, "neuron", "t_refractory_inhibitory")
            for name in ("excitatory", "inhibitory"):
                table = getattr(self.synapses, name)
                _refuse_apart(table, f"synapses.{name}", "reach_onto_inhibitory")
                _refuse_apart(table, f"synapses.{name}", "strength_onto_inhibitory")
        for name in ("excitatory", "inhibitory"):
            if getattr(self.synapses, name).delay < self.simulation.dt / 2:
                raise ValueError(f"synapses.{name}.delay is shorter than a step, simulation.dt")
        if self.simulation.duration < self.simulation.dt:
            raise ValueError("simulation.duration is shorter than a step, simulation.dt")
        self._check_learning()
        return self

    def _check_learning(self) -> None:
        modulated = self.plasticity.rule == "modulated"
        rates = (self.plasticity.input, self.plasticity.excitatory, self.plasticity.inhibitory)
        if self.digits is None:
            if any(r is not None and r.plastic == "image-to-labels" for r in rates):
                raise ValueError('digits: is missing, which plastic = "image-to-labels" needs')
            return
        contrastive = self.digits.teaching == "contrastive"
        if contrastive and not modulated:
            raise ValueError('digits.teaching = "contrastive" needs plasticity.rule = "modulated"')
        if self.digits.final_signal is not None and not modulated:
            raise ValueError('digits.final_signal needs plasticity.rule = "modulated"')


def _refuse_apart(table: Table, name: str, key_name: str) -> None:
    if getattr(table, key_name) is not None:
        raise ValueError(
            f'{name}.{key_name} means nothing with culture.inhibition = "relay", which has no'
            ' inhibitory neurons; leave it out or set it to "none"'
        )
