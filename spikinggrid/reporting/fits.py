"""What a report tells of a fit: the sentence of its verdict, recording and dish side by side."""

from spikinggrid.fitting.search_result import SearchResult
from spikinggrid.fitting.targets import Targets
from spikinggrid.fitting.twin_result import N_PUBLISHED, Twin
from spikinggrid.plotting import fit as fit_figures
from spikinggrid.plotting import pages
from spikinggrid.plotting import twin as twin_figures
from spikinggrid.plotting.excerpt import Excerpt
from spikinggrid.plotting.style import time_text
from spikinggrid.recordings import Recording
from spikinggrid.reporting import player, recordings
from spikinggrid.reporting.page import (
    Block,
    Cell,
    Definitions,
    Player,
    Row,
    Section,
    Table,
    Text,
    Verbatim,
)
from spikinggrid.reporting.pictures import picture
from spikinggrid.statistics.feature_glossary import FEATURES
from spikinggrid.utils.missing import number_text

#: What recording and dish are called beside one another.
RECORDED, SIMULATED = "recording", "simulated"

ALONE = (
    "To see it beside the recording that it was fitted to, name that before it:"
    " spikinggrid report my_dish.h5 {}"
)


def of_file(
    name: str,
    head: list[str],
    verdict: str,
    dish: Recording,
    recording: Recording | None,
    targets: Targets | None,
) -> Section:
    """Return all that is told of a fitted parameter file.

    Parameters
    ----------
    name : str
        Of the file.
    head : list of str
        Lines at its head.
    verdict : str
        The sentence of the fit on itself; "" if the file has none.
    dish : Recording
        Recorded from the parameters.
    recording : Recording or None
        What they were fitted to.
    targets : Targets or None
        Bands to show the features beside.
    """
    blocks: list[Block] = [Text(verdict, is_verdict=True)] if verdict else []
    if verdict and recording is None:
        blocks.append(Text(ALONE.format(name)))
    if head:
        blocks.append(Verbatim("What the file says at its head", "\n".join(head)))
    section = recordings.section(name, dish, targets)
    if recording is None:
        return Section(name, [*blocks, *section.blocks], section.parts)
    parts = [_side_by_side(recording, dish), *section.parts]
    return Section(name, [*blocks, *section.blocks], parts)


def of_twin(name: str, twin: Twin) -> Section:
    """Return all that is told of a twin.

    Parameters
    ----------
    name : str
    twin : Twin
    """
    recording, dish = _beginning(twin.dish.recording, twin.dish.span), twin.record()
    players = [
        Player(RECORDED, player.content(recording)),
        Player("twin", player.content(dish)),
    ]
    parts = [
        Section("Side by side", [picture(twin_figures.twin(twin)), *players]),
        Section("Features", [_twin_table(twin)]),
        Section("Parameters", [_parameters(twin)]),
    ]
    rows = {
        "Recording": twin.dish.recording.source,
        "Stretch": f"the first {time_text(twin.dish.span)}",
        "Array": twin.dish.place.text,
        "Dishes": f"{twin.n_simulated:,} simulated, after a look into a pool of {twin.n_pool:,}",
        "Seed": str(twin.seed),
    }
    return Section(name, [Text(twin.verdict(), is_verdict=True), Definitions(rows)], parts)


def of_search(name: str, result: SearchResult) -> Section:
    """Return all that is told of a search.

    Parameters
    ----------
    name : str
    result : SearchResult
    """
    targets = result.plan.targets
    verdict = (
        f"{result.n_within} of {len(targets.features)} features lie within the band of"
        f" {targets.source} (distance {result.fitted_distance:.3f})."
    )
    shown = result.recordings()
    players = [Player(of, player.content(recording)) for of, recording in shown.items()]
    parts = [
        Section("Side by side", [picture(fit_figures.fit(result, shown)), *players]),
        Section("What the search says", [Verbatim("Tables", result.summary())]),
    ]
    return Section(name, [Text(verdict, is_verdict=True)], parts)


def _side_by_side(recording: Recording, dish: Recording) -> Section:
    """Return the beginning of a recording beside a dish that lasts as long, or vice versa."""
    length = min(recording.duration, dish.duration)
    pair = {RECORDED: _beginning(recording, length), SIMULATED: _beginning(dish, length)}
    features = {name: one.features() for name, one in pair.items()}
    text = f"Both for {time_text(length)} from their start: {recording.source}, and the dish below."
    blocks: list[Block] = [
        Text(text),
        recordings.comparison(features),
        picture(pages.compare(pair[RECORDED], pair[SIMULATED], (RECORDED, SIMULATED))),
    ]
    return Section("Recording and simulated dish side by side", blocks)


def _beginning(recording: Recording, length: float) -> Recording:
    t_stop = min(recording.t_start + length, recording.t_stop)
    return Excerpt.of(recording, recording.t_start, t_stop).cut()


def _twin_table(twin: Twin) -> Table:
    rows = []
    for name, row in twin.table.to_dict("index").items():
        low, high = (number_text(row[end], ".3g") for end in ("low", "high"))
        values = ("twin", "others", "wirings")
        cells = [Cell(number_text(row["recording"])), Cell(f"{low} to {high}")]
        cells += [Cell(number_text(row[column], ".3g")) for column in values]
        cells.append(Cell("yes" if row["within"] else "no"))
        feature = FEATURES[name]
        rows.append(Row(feature.label_with_unit, feature.aggregate, cells))
    columns = [
        "feature",
        RECORDED,
        "owes to itself",
        "twin",
        "later stretches",
        "other wirings",
        "within",
    ]
    caption = (
        "Medians of the twin's later stretches and of other wirings of its parameters; within: the"
        f" former lie in what the recording owes to itself. The first {N_PUBLISHED} are published."
    )
    return Table(caption, columns, rows)


def _parameters(twin: Twin) -> Table:
    rows = [
        Row(bound.key, "", [Cell(bound.text(float(f"{bound.value(share):.4g}"))), Cell(ends)])
        for bound, share in zip(twin.dish.space.bounds, twin.point.tolist(), strict=True)
        for ends in [f"{bound.text(bound.low)} to {bound.text(bound.high)}"]
    ]
    return Table("Parameters that varied", ["key", "twin", "bounds"], rows)
