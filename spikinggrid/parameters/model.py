"""Parameters: the tables of a parameter file together, read, checked and changed as one."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from spikinggrid.parameters.changes import plain, value_at, with_key
from spikinggrid.parameters.mistakes import checked
from spikinggrid.parameters.tables.base import Table
from spikinggrid.parameters.tables.calibration import CalibrationTable
from spikinggrid.parameters.tables.culture import CultureTable
from spikinggrid.parameters.tables.digits import DigitsTable
from spikinggrid.parameters.tables.light import IlluminationTable, LightTable, PhotodetectorTable
from spikinggrid.parameters.tables.mea import MeaTable
from spikinggrid.parameters.tables.neuron import NeuronTable, NoiseTable
from spikinggrid.parameters.tables.pharmacology import PharmacologyTable
from spikinggrid.parameters.tables.plasticity import PlasticityTable
from spikinggrid.parameters.tables.simulation import SimulationTable
from spikinggrid.parameters.tables.stimulation import StimulationTable
from spikinggrid.parameters.tables.synapses import SynapsesTable
from spikinggrid.parameters.units import format_quantity
from spikinggrid.utils.errors import InputError, shortened

#: Shortest time constant, in steps: of what decays faster, single precision has nothing left.
SHORTEST_TAU = 1 / 50


class Parameters(Table):
    """Everything that makes an experiment: the content of one parameter file.

    A table that an experiment does not need is None; `tables.base.needed` refuses that in a line.
    """

    culture: CultureTable
    neuron: NeuronTable
    noise: NoiseTable
    synapses: SynapsesTable
    pharmacology: PharmacologyTable | None = None
    plasticity: PlasticityTable
    mea: MeaTable | None = None
    simulation: SimulationTable
    stimulation: list[StimulationTable] = Field(default_factory=list)
    light: LightTable | None = None
    illumination: list[IlluminationTable] = Field(default_factory=list)
    photodetector: PhotodetectorTable | None = None
    digits: DigitsTable | None = None
    calibration: CalibrationTable | None = None

    def replace(self, changes: Mapping[str, object]) -> "Parameters":
        """Return parameters in which some keys have other values, checked like a file.

        Parameters
        ----------
        changes : mapping of str to object
            By key, such as "neuron.tau_m", "stimulation.0.start" or, for a whole table, "mea": the
            new value. A quantity may be text with a unit, a Brian2 quantity or a number in SI base
            units; a table may be a mapping or an object. None or "none" switches a key off.

        Raises
        ------
        InputError
            If there is no such key, a value is wrong, or keys contradict one another; one line for
            each mistake, with its key.

        Examples
        --------
        >>> from spikinggrid.parameters.files import load
        >>> load("culture").replace({"neuron.tau_m": "15 ms", "noise.drive": 0.0045}).noise.drive
        0.0045
        """
        content: Any = self
        for key, value in changes.items():
            try:
                content = with_key(content, key.split("."), plain(value))
            except InputError as error:
                raise InputError(f"{shortened(key)}: {error}") from None
        return checked(content, Parameters, si_numbers=True)

    def value(self, key: str) -> Any:
        """Return what a key holds, such as "noise.drive": in SI base units, None if it is off.

        Raises
        ------
        InputError
            If there is no such key.
        """
        return value_at(self, key)

    @model_validator(mode="after")
    def _tables_agree(self):
        self._check_relay()
        self._check_steps()
        self._check_learning()
        self._check_light()
        self._check_drugs()
        if self.mea is not None and self.synapses.input is None:
            raise ValueError(
                "synapses.input is missing, which the electrodes of mea need; for example begin"
                ' with [synapses.input] or extends = "culture"'
            )
        return self

    def _check_relay(self) -> None:
        if self.culture.inhibition == "relay":
            _refuse_apart(self.neuron, "neuron", "t_refractory_inhibitory")
            for name in ("excitatory", "inhibitory"):
                table = getattr(self.synapses, name)
                _refuse_apart(table, f"synapses.{name}", "reach_onto_inhibitory")
                _refuse_apart(table, f"synapses.{name}", "strength_onto_inhibitory")

    def _check_steps(self) -> None:
        dt, synapses = self.simulation.dt, self.synapses
        for name in ("excitatory", "inhibitory"):
            if getattr(synapses, name).delay < dt / 2:
                raise ValueError(f"synapses.{name}.delay is shorter than a step, simulation.dt")
        if self.simulation.duration < dt:
            raise ValueError("simulation.duration is shorter than a step, simulation.dt")
        _check_time_constants(self.neuron, "neuron", dt)
        _check_time_constants(synapses.excitatory, "synapses.excitatory", dt)
        _check_time_constants(synapses.inhibitory, "synapses.inhibitory", dt)
        _check_time_constants(self.plasticity, "plasticity", dt)

    def _check_light(self) -> None:
        if self.light is None and self.illumination:
            raise ValueError(
                "light: is missing, which [[illumination]] needs; for example"
                ' extends = "digits/two_light"'
            )
        by_light = self.digits is not None and self.digits.output == "light"
        if by_light and self.photodetector is None:
            raise ValueError('photodetector: is missing, which digits.output = "light" needs')
        if self.light is None:
            if self.digits is not None and self.digits.input == "light":
                raise ValueError('light: is missing, which digits.input = "light" needs')
            return
        if self.neuron.membrane_resistance is None:
            raise ValueError(
                "neuron.membrane_resistance is missing, which light needs to turn currents into"
                ' voltages; for example membrane_resistance = "236 MOhm"'
            )
        if self.light.expressing_inhibitory is not None and self.culture.inhibition == "relay":
            _refuse_apart(self.light, "light", "expressing_inhibitory")

    def _check_drugs(self) -> None:
        if self.pharmacology is None:
            return
        if self.plasticity.rule != "static":
            raise ValueError(
                'pharmacology needs plasticity.rule = "static": how drugs change learning is not'
                " part of the model"
            )
        on_slow = self.pharmacology.acting_on("nmda")
        if on_slow and self.synapses.excitatory.slow_share is None:
            raise ValueError(
                f"pharmacology.{on_slow[0]} acts on the slow excitatory current, which this culture"
                " lacks; give it synapses.excitatory.slow_share and tau_slow, or leave it out"
            )

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
        if self.digits.labels == "probed" and any(
            r is not None and r.plastic == "image-to-labels" for r in rates
        ):
            raise ValueError(
                'plastic = "image-to-labels" needs labels that are known beforehand,'
                ' which digits.labels = "probed" are not'
            )
        if self.digits.final_signal is not None and not modulated:
            raise ValueError('digits.final_signal needs plasticity.rule = "modulated"')


def _refuse_apart(table: Table, name: str, key_name: str) -> None:
    if getattr(table, key_name) is not None:
        raise ValueError(
            f'{name}.{key_name} means nothing with culture.inhibition = "relay", which has no'
            ' inhibitory neurons; leave it out or set it to "none"'
        )


def _check_time_constants(table: Table, name: str, dt: float) -> None:
    for key_name in type(table).model_fields:
        tau = getattr(table, key_name) if key_name.startswith("tau") else None
        if tau is not None and tau < SHORTEST_TAU * dt:
            found, least = format_quantity(tau, "s"), format_quantity(SHORTEST_TAU * dt, "s")
            raise ValueError(
                f"{name}.{key_name} is {found}, too short for steps of simulation.dt; make it at"
                f" least {least}, or the steps shorter"
            )
