"""What changes bring, on a page in Markdown."""

import pandas as pd

from spikinggrid.digits.readouts import mean_and_interval
from spikinggrid.prediction.gains import MAIN, Gains
from spikinggrid.prediction.predict import READOUTS

#: Heads of columns, by readout.
HEADS = {
    "label": "label electrodes, trained",
    "electrodes": "linear readout, trained",
    "untrained_electrodes": "linear readout, untrained",
}

EXPLANATION = (
    "A gain is the mean of the differences between the same wirings with the change and without,"
    " with its 95 % interval (Student's t). **Bold**: sure, that is, it stands the correction of"
    " Holm for so many changes; an interval without 0 alone may be chance where many are tried."
    " Cultures with drugs are asked and not taught: how drugs change learning is not part of the"
    " model. Whether a culture so changed still measures like a recording is not asked."
)


def lines(gains: Gains) -> list[str]:
    """Return what each change brings, and what came of the best, as lines of Markdown."""
    n = len(gains.twins.wirings)
    now = " | ".join(_accuracy(gains, readout) for readout in HEADS)
    rows = gains.table
    return [
        f"Each change was tried in the same {n} wirings, against {READOUTS[MAIN][1]}"
        " first of all: what stands first brings them most.",
        "",
        f"| change | at the bench | {' | '.join(HEADS.values())} |",
        f"|---|---|{'---|' * len(HEADS)}",
        f"| none: accuracy as it is | | {now} |",
        *(_row(gains, rows, name) for name in dict.fromkeys(rows["change"])),
        "",
        EXPLANATION,
        "",
        *_left_out(gains),
        *_followed(gains),
    ]


def _accuracy(gains: Gains, readout: str) -> str:
    mean, interval = gains.accuracy_now(readout)
    return f"{mean:.3f}" if interval is None else f"{mean:.3f} ({_span(interval)})"


def _row(gains: Gains, rows: pd.DataFrame, name: str) -> str:
    change = next(tried.change for tried in gains.tried if tried.change.name == name)
    of_change = rows[rows["change"] == name].set_index("readout")
    cells = (
        _gain(of_change.loc[readout]) if readout in of_change.index else "\N{EN DASH}"
        for readout in HEADS
    )
    return f"| {name} | {change.bench} | {' | '.join(cells)} |"


def _gain(row: pd.Series) -> str:
    text = f"{row.gain:+.3f} ({row.low:+.3f} to {row.high:+.3f})"
    return f"**{text}**" if row.sure else text


def _left_out(gains: Gains) -> list[str]:
    if not gains.left_out:
        return []
    reasons = (f"- {name}: {reason}" for name, reason in gains.left_out.items())
    return ["Left out, because it does not fit:", "", *reasons, ""]


def _followed(gains: Gains) -> list[str]:
    if gains.followed is None:
        return ["No change helps the label electrodes.", ""]
    names = " and ".join(change.name for change in gains.followed.changes)
    predicted = mean_and_interval(gains.followed.predicted)
    measured = mean_and_interval(gains.followed.measured)
    table = gains.table
    is_sure = table[table["sure"] & (table["readout"] == MAIN)]["change"]
    why = "sure" if gains.followed.changes[0].name in set(is_sure) else "best, though not sure"
    return [
        f"Followed, as {why}: **{names}**. Expected from the twins, for whose gain it was chosen:"
        f" {_signed(*predicted)}. Measured in {len(gains.followed.measured)} wirings in which"
        f" nothing had been tried: {_signed(*measured)}.",
        "",
    ]


def _signed(mean: float, interval: tuple[float, float] | None) -> str:
    return f"{mean:+.3f}" if interval is None else f"{mean:+.3f} ({_span(interval, '+.3f')})"


def _span(interval: tuple[float, float], form: str = ".3f") -> str:
    return f"{interval[0]:{form}} to {interval[1]:{form}}"
