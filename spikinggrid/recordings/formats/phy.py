"""Folders of Phy and Kilosort: the spikes of clusters.

`spike_times.npy` holds samples, `spike_clusters.npy` or `spike_templates.npy` the cluster of each,
`params.py` the sampling rate. Clusters that `cluster_group.tsv` or `cluster_KSLabel.tsv` call noise
are left out. A cluster lies at the electrode where its template is largest (`templates.npy`,
`channel_positions.npy`, um).
"""

import re
from pathlib import Path

import numpy as np

from spikinggrid.recordings.formats.assembly import assembled, rate, trains_by_electrode
from spikinggrid.recordings.formats.content import Content, Options
from spikinggrid.recordings.spike_data import SpikeData
from spikinggrid.utils.errors import InputError

NAME = "a folder of Phy (spike_times.npy, spike_clusters.npy)"
OPTIONS: tuple[str, ...] = ("sampling_rate",)

TIMES = "spike_times.npy"
CLUSTERS = ("spike_clusters.npy", "spike_templates.npy")
GROUPS = ("cluster_group.tsv", "cluster_KSLabel.tsv")

RATE = re.compile(r"^\s*sample_rate\s*=\s*([\d.eE+]+)", re.MULTILINE)


def recognises(content: Content) -> bool:
    """Whether the folder is of Phy."""
    return (content.path / TIMES).is_file()


def read(content: Content, options: Options) -> list[SpikeData]:
    """Read the clusters in a folder, each as an electrode.

    Raises
    ------
    InputError
        If a file is missing or damaged, or nobody says the sampling rate.
    """
    folder = content.path
    assigned = next((folder / name for name in CLUSTERS if (folder / name).is_file()), None)
    if assigned is None:
        raise InputError(f"lacks {CLUSTERS[0]}: of which cluster each spike is")
    script = folder / "params.py"
    match = RATE.search(script.read_text("utf-8", "replace")) if script.is_file() else None
    sampling_rate = rate(float(match[1]) if match else None, options, "sample_rate in params.py")
    clusters = _array(assigned).ravel()
    by_cluster = trains_by_electrode(_array(folder / TIMES) / sampling_rate, clusters)
    noise = _noise(folder)
    left_out = [cluster for cluster in by_cluster if cluster in noise]
    notes = ["each cluster counts as an electrode"]
    if left_out:
        notes.append(f"{len(left_out)} clusters called noise are left out")
    places = _places(folder, clusters)
    kept = [cluster for cluster in by_cluster if cluster not in noise]
    return [
        assembled(
            content.name,
            {str(cluster): by_cluster[cluster] for cluster in kept},
            positions={str(cluster): places[cluster] for cluster in kept if cluster in places},
            notes=notes,
        )
    ]


def _array(path: Path) -> np.ndarray:
    try:
        return np.load(path)
    except OSError:
        raise
    except Exception as error:  # damage makes NumPy raise errors of every kind
        raise InputError(f"{path.name}: is truncated or damaged ({error})") from error


def _noise(folder: Path) -> set[int]:
    """Return the clusters that somebody called noise."""
    table = next((folder / name for name in GROUPS if (folder / name).is_file()), None)
    if table is None:
        return set()
    rows = (line.split("\t") for line in table.read_text("utf-8", "replace").splitlines())
    noise = (row[0] for row in rows if len(row) > 1 and row[1].strip() == "noise")
    return {int(cluster) for cluster in noise if cluster.strip().isdecimal()}


def _places(folder: Path, clusters: np.ndarray) -> dict[int, list[float]]:
    """Return where each cluster lies (m), if the files are there that tell it."""
    names = ("templates.npy", "channel_positions.npy", "spike_templates.npy")
    if not all((folder / name).is_file() for name in names):
        return {}
    templates, positions, of_spike = (_array(folder / name) for name in names)
    if of_spike.size != clusters.size or not np.all((of_spike >= 0) & (of_spike < len(templates))):
        raise InputError("spike_templates.npy does not go with the other files")
    largest = np.ptp(templates, axis=1).argmax(axis=1)
    places = {}
    for cluster in np.unique(clusters).tolist():
        template = np.bincount(of_spike.ravel()[clusters == cluster].astype(int)).argmax()
        places[cluster] = (positions[largest[template]] / 1e6).tolist()
    return places
