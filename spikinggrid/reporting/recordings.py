"""What a report tells of a recording."""

from collections.abc import Mapping, Sequence

from spikinggrid.fitting.targets import Target, Targets
from spikinggrid.plotting import pages
from spikinggrid.plotting.provenance import parameters_text
from spikinggrid.plotting.style import many, time_text
from spikinggrid.recordings import Recording
from spikinggrid.reporting import networks, player
from spikinggrid.reporting.page import (
    Block,
    Cell,
    Definitions,
    Listing,
    Player,
    Row,
    Section,
    Table,
    Text,
)
from spikinggrid.reporting.pictures import picture
from spikinggrid.statistics.evoked import responses_per_pattern
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.utils.missing import number_text

#: Values of a feature by what it is called.
Values = Mapping[str, float]

NO_BANDS = (
    "No published bands: the recording does not say its region and age. Name them with --targets,"
    " such as cortex_div21."
)


def section(name: str, recording: Recording, targets: Targets | None) -> Section:
    """Return all that is told of a recording.

    Parameters
    ----------
    name : str
        Of its file.
    recording : Recording
    targets : Targets or None
        Bands to show its features beside.
    """
    if not recording.n_spikes:
        silent = [Text("Nothing to measure or to draw: the recording has no spikes.")]
        return Section(name, [*_recorded(recording), *silent])
    parts = [
        Section("Player", [Player(name, player.content(recording))]),
        Section("Features", _features(recording.features(), targets)),
        Section("Activity", [picture(pages.raster(recording, name))]),
        Section("Array", [picture(pages.rates(recording, name))]),
        Section("Bursts", [picture(pages.bursts(recording, name))]),
        networks.section(recording),
    ]
    if recording.stimulus_times.size:
        parts.append(Section("Responses to stimuli", _responses(recording, name)))
    return Section(name, _recorded(recording), parts)


def comparison(columns: Mapping[str, Values], targets: Targets | None = None) -> Table:
    """Return the features of several recordings side by side, and their bands if there are any.

    Parameters
    ----------
    columns : mapping of str to mapping
        Features of each recording, by its name.
    targets : Targets or None
    """
    headings = ["feature", *columns]
    if targets is not None:
        headings += ["centre", "band", "in the band"]
    rows = [_row(name, list(columns.values()), targets) for name in FEATURES]
    caption = "Features" + (f", and bands of {targets.source}" if targets is not None else "")
    return Table(caption, headings, rows)


def _recorded(recording: Recording) -> list[Block]:
    """Return what was recorded, and what was assumed."""
    counts = many(recording.n_electrodes, "electrode")
    if recording.n_sites > recording.n_electrodes:
        counts += f" in the file, {recording.n_sites:,} on the array"
    simulated = ""
    if recording.parameters:
        simulated = f"{parameters_text(recording.parameters)}; seed {recording.seed}"
    rows = {
        "Source": recording.source,
        "Well": recording.well,
        "Simulated from": simulated,
        "Electrodes": counts,
        "Positions": "" if recording.has_positions else "unknown",
        "Span": f"{recording.t_start:.10g} s to {recording.t_stop:.10g} s"
        f" ({time_text(recording.duration)})",
        "Spikes": f"{recording.n_spikes:,}",
        "Stimulus pulses": f"{recording.stimulus_times.size:,}"
        if recording.stimulus_times.size
        else "none",
        "Made by": ", ".join(f"{name} {v}" for name, v in recording.versions.items()),
    }
    blocks: list[Block] = [Definitions(rows)]
    if recording.notes:
        blocks += [Text("Assumed or odd in the file:"), Listing(recording.notes)]
    return blocks


def _features(values: Values, targets: Targets | None) -> list[Block]:
    if targets is None:
        return [Text(NO_BANDS), comparison({"value": values})]
    inside = targets.n_within(values)
    text = f"{inside} of {len(targets.features)} features lie within the band of {targets.source}."
    return [Text(text), comparison({"value": values}, targets)]


def _row(name: str, columns: Sequence[Values], targets: Targets | None) -> Row:
    feature = FEATURES[name]
    style = ",.0f" if feature.unit == "count" else ".4g"
    cells = [Cell(number_text(values[name], style)) for values in columns]
    if targets is not None:
        cells += _band_cells(columns[0][name], targets.features.get(name), style)
    return Row(feature.label_with_unit, feature.aggregate, cells)


def _band_cells(value: float, target: Target | None, style: str) -> list[Cell]:
    if target is None:
        return [Cell(""), Cell(""), Cell("")]
    low, high = (format(edge, style) for edge in (target.low, target.high))
    deviation = target.deviation(value)
    word = "yes" if target.holds(value) else "above" if deviation > 0 else "below"
    return [Cell(format(target.centre, style)), Cell(f"{low} to {high}"), Cell(word, deviation)]


def _responses(recording: Recording, name: str) -> list[Block]:
    rows = responses_per_pattern(
        recording.spike_trains, recording.stimulus_times, recording.stimulus_electrodes
    )
    columns = [
        "stimulated electrodes",
        "stimuli",
        "spikes after it",
        "standard error",
        "spikes before it",
        "answers (%)",
        "latency (ms)",
    ]
    table = Table(
        "Spikes on all electrodes from 5 to 100 ms after a stimulus, and in as long a time before"
        " it; answers: how many of the electrodes fire after a stimulus",
        columns,
        [_response_row(recording, row) for row in rows],
    )
    return [table, picture(pages.psth(recording, name))]


def _response_row(recording: Recording, row: Mapping) -> Row:
    names = [recording.stimulated_name(electrode) for electrode in row["electrodes"]]
    shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    numbers = [
        f"{row['n_stimuli']:,}",
        number_text(row["count"], ".1f"),
        number_text(row["count_sem"], ".1f"),
        number_text(row["baseline"], ".1f"),
        number_text(100 * row["probability"], ".0f"),
        number_text(1e3 * row["latency"], ".1f"),
    ]
    return Row(shown, "", [Cell(number) for number in numbers])
