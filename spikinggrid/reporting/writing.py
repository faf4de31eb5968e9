"""Write a page about whatever it is given."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from spikinggrid.digits import benchmark_result
from spikinggrid.digits.benchmark_result import BenchmarkResult
from spikinggrid.fitting import targets as target_files
from spikinggrid.fitting.fitted_file import targets_of, verdict_of
from spikinggrid.fitting.search_result import SearchResult
from spikinggrid.fitting.targets import Targets
from spikinggrid.fitting.twin_result import Twin
from spikinggrid.recordings import Recording, load_parameters, read_all
from spikinggrid.reporting import benchmarks, fits, groups, pairs, recordings
from spikinggrid.reporting.bands import bands_of
from spikinggrid.reporting.page import Section, render
from spikinggrid.reporting.sources import Kind, head_of, kind_of, name_of, unique
from spikinggrid.simulation.dish import Dish
from spikinggrid.statistics.groups import GroupComparison
from spikinggrid.utils.files import written_beside

#: What a page can be about: a file, or a result.
Source = str | os.PathLike | Recording | Twin | SearchResult | BenchmarkResult | GroupComparison
Reader = Callable[[str | os.PathLike], Sequence[Recording]]


def write(
    path: str | os.PathLike,
    sources: Sequence[Source],
    targets: Targets | None = None,
    *,
    paired: bool = False,
    read: Reader = read_all,
    made_by: str = "",
) -> None:
    """Write one HTML page, which needs nothing beside itself.

    Parameters
    ----------
    path : path-like
        An existing file is replaced.
    sources : sequence
        Files of recordings, fitted parameters or benchmarks, names of presets, or results. A
        parameter file is compared with the recording before it.
    targets : Targets, optional
        Bands to show features beside; unless given those of the region and age that a recording
        says.
    paired : bool
        Whether each dish has two recordings, one before and one after.
    read : callable
        Returns the recordings in a file.
    made_by : str
        The command that makes the page again.

    Raises
    ------
    InputError
        If a file cannot be used, or the page cannot be written.
    """
    contents = Contents(targets, read)
    for source in sources:
        contents.add(source)
    page = render(contents.title, contents.all_sections(paired), made_by)
    with written_beside(path) as beside:
        beside.write_text(page, encoding="utf-8")


@dataclass
class Contents:
    """What a page tells, gathered source by source.

    Attributes
    ----------
    targets : Targets or None
    read : callable
    sections : list of Section
    recordings : dict of str to Recording
        By the title of their section.
    """

    targets: Targets | None
    read: Reader
    sections: list[Section] = field(default_factory=list)
    recordings: dict[str, Recording] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the page is about."""
        return ", ".join(section.title for section in self.sections)

    def all_sections(self, paired: bool) -> list[Section]:
        """Return all sections; if there are several recordings, first their features."""
        if paired:
            return [pairs.section(self.recordings), *self.sections]
        if len(self.recordings) < 2:
            return self.sections
        columns = {name: recording.features() for name, recording in self.recordings.items()}
        return [Section("All recordings", [recordings.comparison(columns)]), *self.sections]

    def add(self, source: Source) -> None:
        """Add what is to tell of a file or a result."""
        if isinstance(source, Recording):
            self._add_recording(source.source or "recording", source)
        elif isinstance(source, Twin):
            self.sections.append(fits.of_twin(self._name("twin"), source))
        elif isinstance(source, SearchResult):
            self.sections.append(fits.of_search(self._name("fit"), source))
        elif isinstance(source, BenchmarkResult):
            self.sections.append(benchmarks.section(self._name("benchmark"), source))
        elif isinstance(source, GroupComparison):
            self.sections.append(groups.section(self._name("groups"), source))
        else:
            self._add_file(source)

    def _add_file(self, path: str | os.PathLike) -> None:
        kind = kind_of(path)
        if kind is Kind.PARAMETERS:
            self._add_parameters(path)
        elif kind is Kind.BENCHMARK:
            result = benchmark_result.load(path)
            self.sections.append(benchmarks.section(self._name(name_of(path)), result))
        else:
            for recording in self.read(path):
                self._add_recording(name_of(path, recording), recording)

    def _add_recording(self, name: str, recording: Recording) -> None:
        name = self._name(name)
        self.recordings[name] = recording
        section = recordings.section(name, recording, self.targets or bands_of(recording))
        self.sections.append(section)

    def _add_parameters(self, path: str | os.PathLike) -> None:
        """Add a dish that is simulated from a parameter file, beside the recording before it."""
        head, dish = head_of(path), Dish(load_parameters(path)).record()
        aims = targets_of(head)
        bands = target_files.load(aims) if aims in target_files.shipped() else None
        beside = next(reversed(self.recordings.values()), None)
        if beside is not None and bands is None:
            bands = bands_of(beside)
        section = fits.of_file(
            self._name(name_of(path)), head, verdict_of(head), dish, beside, self.targets or bands
        )
        self.sections.append(section)

    def _name(self, name: str) -> str:
        return unique(name, [section.title for section in self.sections])
