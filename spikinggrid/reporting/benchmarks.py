"""What a report tells of a benchmark."""

from spikinggrid.digits.benchmark_result import CONTROLS, BenchmarkResult
from spikinggrid.digits.energy import joules_text
from spikinggrid.plotting import digits as figures
from spikinggrid.plotting.provenance import benchmark_text
from spikinggrid.plotting.style import many
from spikinggrid.reporting.page import Cell, Definitions, Row, Section, Table, Text
from spikinggrid.reporting.pictures import picture
from spikinggrid.utils.missing import DASH, number_text

#: What readouts and controls are called, and what they are.
NAMES = {
    "label": ("label electrodes", "the class whose electrodes hear most spikes"),
    "label_corrected": ("label electrodes, corrected", "each divided by what it usually hears"),
    "electrodes": ("all electrodes", "a linear classifier of their spike counts"),
    "electrodes_without_input": ("electrodes beside the image", "the same without those under it"),
    "neurons": ("all neurons", "a linear classifier of their spike counts"),
    "untrained": ("untrained", "label electrodes before the training"),
    "untrained_electrodes": ("untrained, all electrodes", "linear, before the training"),
    "pixels_logistic": ("pixels, linear", "a linear classifier of the encoded image"),
    "pixels_centroid": ("pixels, nearest mean", "the class whose mean image is nearest"),
    "shuffled_labels": ("shuffled labels", "a culture taught wrong labels"),
    "no_neurons": ("no neurons", "the readout without any culture"),
    "artefacts": ("no neurons, artefacts left in", "the same without blanking"),
    "spontaneous": ("nothing shown", "own activity through electrodes blanked by the image"),
    "largest_class": ("largest class", "always the most frequent answer"),
}


def section(name: str, result: BenchmarkResult) -> Section:
    """Return all that is told of a benchmark.

    Parameters
    ----------
    name : str
        Of its file.
    result : BenchmarkResult
    """
    interval = result.interval
    spread = "" if interval is None else " (95 % interval {:.3f} to {:.3f})".format(*interval)
    verdict = (
        f"The label electrodes tell {result.accuracy:.3f}{spread} of the {result.split} images of"
        f" {many(len(result.classes), 'digit')} right; the same answer to all would reach"
        f" {number_text(result.table.loc['largest_class', 'final'], '.3f')}."
    )
    parts = [
        Section("Accuracy and controls", [_accuracies(result)]),
        *_energy(result),
        Section("Learning curves", [picture(figures.learning_curve(result, name))]),
        Section("Confusion", [picture(figures.confusion(result, name))]),
        Section("Receptive fields", [picture(figures.receptive_fields(result, name))]),
        Section("Strengths", [picture(figures.weights(result, name))]),
        Section("Responses", [picture(figures.responses(result, name))]),
    ]
    rows = {
        "Digits": ", ".join(map(str, result.classes)),
        "Cultures": f"{len(result.seeds)}",
        "Made from": benchmark_text(result, name),
    }
    return Section(name, [Text(verdict, is_verdict=True), Definitions(rows)], parts)


def _energy(result: BenchmarkResult) -> list[Section]:
    """Return joules of a decision and of the training; nothing for files that lack them."""
    energy = result.energy()
    if not energy["decision"]:
        return []
    training = {entry.name: joules_text(entry.joules) for entry in energy["training"]}
    rows = [
        Row(
            entry.name,
            f"without {entry.left_out}",
            [Cell(joules_text(entry.joules)), Cell(training.get(entry.name, DASH))],
        )
        for entry in energy["decision"]
    ]
    caption = "Joules of a mean culture: ranges that their sources leave open"
    columns = ["by what", "a decision", "the training"]
    return [Section("Energy", [Table(caption, columns, rows)])]


def _accuracies(result: BenchmarkResult) -> Table:
    rows = []
    for row in result.table.itertuples():
        label, small = NAMES[row.Index]
        kind = "control: " if row.Index in CONTROLS else ""
        ends = [number_text(end, ".3f") for end in (row.low, row.high)]
        last = [number_text(value, ".3f") for value in (row.last10_mean, row.last10_sd)]
        numbers = [number_text(row.final, ".3f"), *ends, *last]
        rows.append(Row(f"{kind}{label}", small, [Cell(number) for number in numbers]))
    columns = [
        "readout",
        "accuracy",
        "95 % interval from",
        "to",
        "last ten evaluations",
        "their standard deviation",
    ]
    caption = f"Share of {result.split} images that are told right, the mean over cultures"
    return Table(caption, columns, rows)
