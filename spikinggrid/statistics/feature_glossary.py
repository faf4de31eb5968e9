"""What every feature is: its name for readers, unit, definition and source; tables use it.

FEATURES    all features of `features.features`, by name
"""

from dataclasses import dataclass

CHARLESWORTH = "Charlesworth et al. 2015, doi:10.1186/s13064-014-0028-0"
SPIKINGGRID = "SpikingGrid"


@dataclass(frozen=True)
class Feature:
    """What one feature is.

    Attributes
    ----------
    name : str
        Its key in what `features` returns.
    label : str
        What tables and figures call it.
    unit : str
    aggregate : str
        How the values of electrodes, pairs or events become one number.
    definition : str
        One sentence.
    source : str
        Who defined it.
    """

    name: str
    label: str
    unit: str
    aggregate: str
    definition: str
    source: str = SPIKINGGRID

    @property
    def label_with_unit(self) -> str:
        """Label and unit, such as "burst duration (s)"."""
        return f"{self.label} ({self.unit})"


BURSTING = "median over electrodes that burst"
ACTIVE = "electrodes with a spike"
ONE = "of the dish"
MAX_INTERVAL = (
    "Bursts are found by the max-interval method: they open at an ISI below 100 ms, close at one"
    " above 250 ms, merge when less than 800 ms apart, and have at least 6 spikes and 50 ms."
)

#: Every feature, by name, in the order of `features`.
FEATURES: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature(
            "burst.rate",
            "burst rate",
            "/min",
            BURSTING,
            f"Bursts per minute on an electrode. {MAX_INTERVAL}",
            CHARLESWORTH,
        ),
        Feature(
            "burst.dur",
            "burst duration",
            "s",
            BURSTING,
            "Mean time from the first to the last spike of an electrode's bursts.",
            CHARLESWORTH,
        ),
        Feature(
            "spikes.in.bursts",
            "spikes in bursts",
            "%",
            BURSTING,
            "Share of an electrode's spikes that lie in its bursts.",
            CHARLESWORTH,
        ),
        Feature(
            "CV.IBI",
            "CV of inter-burst intervals",
            "ratio",
            "median over electrodes with three bursts or more",
            "Standard deviation over mean of the times from the end of a burst to the next.",
            CHARLESWORTH,
        ),
        Feature(
            "num.n.s",
            "network spike rate",
            "/min",
            ONE,
            "Network spikes per minute: moments at which at least 11 of 59 electrodes (the same"
            " share of another number) fire within 3 ms.",
            CHARLESWORTH,
        ),
        Feature(
            "n.s.peak",
            "network spike peak",
            "electrodes",
            "median over network spikes",
            "Electrodes that fire in the 3 ms in which most do.",
            CHARLESWORTH,
        ),
        Feature(
            "n.s.dur",
            "network spike duration",
            "s",
            "median over network spikes",
            "Time for which more than half as many electrodes fire as at the peak.",
            CHARLESWORTH,
        ),
        Feature(
            "fir.rate",
            "median firing rate",
            "Hz",
            f"median over {ACTIVE}",
            "Spikes of an electrode over the duration of the recording.",
            CHARLESWORTH,
        ),
        Feature(
            "burst.fir.rate",
            "firing rate in bursts",
            "Hz",
            BURSTING,
            "Mean over an electrode's bursts of spikes over duration.",
            CHARLESWORTH,
        ),
        Feature(
            "corr",
            "correlation",
            "STTC",
            f"mean over pairs of {ACTIVE}",
            "Spike time tiling coefficient with a window of 5 ms to either side (Cutts & Eglen"
            " 2014, doi:10.1523/JNEUROSCI.2767-14.2014).",
            CHARLESWORTH,
        ),
        Feature(
            "theta.burst",
            "theta-bursting electrodes",
            "share",
            f"share of {ACTIVE}",
            "Electrodes whose density of logarithmic ISIs has a peak between 100 and 250 ms.",
            CHARLESWORTH,
        ),
        Feature(
            "n_electrodes", "active electrodes", "count", ONE, "Electrodes with a spike or more."
        ),
        Feature(
            "n_bursting_electrodes",
            "bursting electrodes",
            "count",
            ONE,
            "Electrodes with a burst or more.",
        ),
        Feature("n_spikes", "spikes", "count", ONE, "Spikes on all electrodes together."),
        Feature(
            "share_of_spikes_in_bursts",
            "share of all spikes in bursts",
            "share",
            ONE,
            "Spikes in bursts over spikes, on all electrodes together.",
        ),
        Feature(
            "network_burst.rate",
            "network burst rate",
            "/min",
            ONE,
            "Network bursts per minute: periods in which at least three electrodes, and a fifth of"
            " the active ones, are in a burst at once.",
        ),
        Feature(
            "network_burst.duration",
            "network burst duration",
            "s",
            "mean over network bursts",
            "Length of the period.",
        ),
        Feature(
            "network_burst.share_of_electrodes",
            "electrodes in network bursts",
            "share",
            "mean over network bursts",
            "Share of the active electrodes with a burst that touches the period.",
        ),
        Feature(
            "fir.rate.mean",
            "mean firing rate",
            "Hz",
            f"mean over {ACTIVE}",
            "Spikes of an electrode over the duration of the recording.",
        ),
        Feature(
            "fir.rate.cv",
            "CV of firing rates",
            "ratio",
            f"standard deviation over mean, over {ACTIVE}",
            "How much firing rates differ between electrodes.",
        ),
        Feature(
            "isi.cv",
            "CV of interspike intervals",
            "ratio",
            "median over electrodes with three spikes or more",
            "Standard deviation over mean of an electrode's ISIs.",
        ),
        Feature(
            "isi.lv",
            "local variation of intervals",
            "ratio",
            "median over electrodes with three spikes or more",
            "Mean of 3 (I1 - I2)^2 / (I1 + I2)^2 over neighbouring ISIs: 0 if regular, 1 for a"
            " Poisson train.",
            "Shinomoto et al. 2003, doi:10.1162/089976603322518759",
        ),
        Feature(
            "avalanche.size",
            "avalanche size",
            "spikes",
            "mean over avalanches",
            "Spikes in a run of filled bins between empty ones; bins are as wide as the mean"
            " interval between spikes of the dish.",
            "Beggs & Plenz 2003, doi:10.1523/JNEUROSCI.23-35-11167.2003",
        ),
        Feature(
            "avalanche.duration",
            "avalanche duration",
            "s",
            "mean over avalanches",
            "Length of such a run.",
            "Beggs & Plenz 2003, doi:10.1523/JNEUROSCI.23-35-11167.2003",
        ),
        Feature(
            "corr.near",
            "correlation of near electrodes",
            "STTC",
            "mean over pairs closer than 0.5 mm",
            "As correlation.",
        ),
        Feature(
            "corr.far",
            "correlation of far electrodes",
            "STTC",
            "mean over pairs 0.5 mm apart or farther",
            "As correlation.",
        ),
        Feature(
            "corr.ratio",
            "far over near correlation",
            "ratio",
            ONE,
            "Correlation of far electrodes over that of near ones, where that is above 0.05: how"
            " flat correlation is over the dish.",
        ),
        Feature(
            "network_burst.size.cv",
            "CV of network burst sizes",
            "ratio",
            "standard deviation over mean, over network bursts",
            "How much the numbers of spikes in network bursts differ.",
        ),
        Feature(
            "isi.short",
            "share of intervals below 2 ms",
            "share",
            ONE,
            "ISIs below 2 ms among those below 10 ms, of all electrodes together: the more units an"
            " electrode hears, the more.",
        ),
    )
}
