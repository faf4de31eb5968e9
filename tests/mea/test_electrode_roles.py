"""Image and label electrodes, against the layouts of the publication."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikinggrid.mea.array import Mea
from spikinggrid.mea.electrode_roles import (
    image_electrodes,
    label_electrodes,
    nearest_electrodes,
)
from spikinggrid.network.culture import Culture
from spikinggrid.parameters.files import load
from spikinggrid.utils.errors import InputError

PUBLISHED = "lagani2021/240_bio"


def regions(preset, *overrides):
    parameters = load(preset, overrides)
    mea = Mea.place(parameters)
    return (
        image_electrodes(parameters.digits, mea),
        [list(e) for e in label_electrodes(parameters.digits, mea)],
    )


def refused(*overrides) -> str:
    with pytest.raises(InputError) as error:
        regions(PUBLISHED, *overrides)
    return str(error.value)


def test_the_published_image_is_on_the_left_of_ten_columns():
    shown, labels = regions(PUBLISHED)
    assert np.array_equal(shown, 10 * np.arange(6)[:, None] + np.arange(6))
    assert labels == [[9, 19, 29], [39, 49, 59]]


@pytest.mark.parametrize(
    ("preset", "n_classes"), [("10140_bio", 2), ("10140_bio_012", 3), ("10140_bio_0123", 4)]
)
def test_published_labels_divide_the_last_columns(preset, n_classes):
    labels = regions(f"lagani2021/{preset}")[1]
    assert len(labels) == n_classes
    assert len({len(each) for each in labels}) == 1
    columns = 2 if n_classes == 4 else 1
    last = [10 * row + column for row in range(6) for column in range(10 - columns, 10)]
    assert sorted(np.concatenate(labels)) == last


@pytest.mark.parametrize(("n_classes", "each"), [(2, 12), (3, 8), (4, 6), (10, 2)])
def test_all_electrodes_beside_the_image_are_divided_evenly(n_classes, each):
    shown, labels = regions(
        PUBLISHED, "digits.labels=beside-image", f"digits.classes={list(range(n_classes))}"
    )
    assert [len(electrodes) for electrodes in labels] == [each] * n_classes
    assert not np.isin(np.concatenate(labels), shown).any()
    assert labels[0][:4] == [6, 7, 8, 9][:each]


def test_pixels_without_an_electrode():
    corner = ["mea.layout=8x8-200um", "digits.image_rows=8", "digits.labels=beside-image"]
    shown, labels = regions(PUBLISHED, *corner)
    assert (shown == -1).sum() == 2  # the left corners of the array
    assert len(np.unique(shown)) == 8 * 6 - 2 + 1
    assert sum(map(len, labels)) == 60 - 46


def test_an_image_that_is_spread_has_labels_of_all_classes_between_its_pixels():
    spread = ["digits.image=spread", "digits.labels=alternating", "digits.image_columns=5"]
    shown, labels = regions(PUBLISHED, *spread)
    assert np.array_equal(shown[0], [0, 2, 4, 7, 9])
    assert np.array_equal(shown[:, 0], 10 * np.arange(6))
    assert labels[0][:3] == [1, 5, 8]
    assert labels[1][:3] == [3, 6, 11]


def test_an_image_on_listed_electrodes():
    listed = "digits.image=[9, 'c1r1', 3, 4]"
    shown, labels = regions(
        PUBLISHED,
        listed,
        "digits.image_rows=2",
        "digits.image_columns=2",
        "digits.labels=[[5], [6]]",
    )
    assert np.array_equal(shown, [[9, 0], [3, 4]])
    assert labels == [[5], [6]]


def test_probed_labels_are_the_electrodes_that_answer():
    parameters = load(PUBLISHED, ["digits.labels=probed"])
    array, answers = Mea.place(parameters), np.zeros(60)
    answers[[7, 18, 29, 50]] = [1, 4, 2, 9]  # the last shows a pixel
    labels = label_electrodes(parameters.digits, array, answers)
    assert [list(each) for each in labels] == [[18], [29]]  # 7 is left over
    with pytest.raises(InputError, match="that answer it are too few for 2 classes"):
        label_electrodes(parameters.digits, array, np.zeros(60))


@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 3, 5]))
def test_no_other_even_deal_of_labels_is_preferred(seed, n_classes):
    """Every electrode is used once, and no exchange of two raises the sum of preferences."""
    classes = list(range(n_classes))
    digits = load(PUBLISHED, [f"digits.classes={classes}", "digits.labels=preferred"]).digits
    array = Mea.place(load(PUBLISHED))
    preference = np.random.default_rng(seed).standard_normal((60, n_classes))
    labels = label_electrodes(digits, array, preference)
    known = np.concatenate(label_electrodes(digits, array))
    assert sorted(np.concatenate(labels)) == sorted(known)
    assert len({len(each) for each in labels}) == 1
    for one, other in itertools.combinations(classes, 2):
        gain = preference[:, other] - preference[:, one]
        assert gain[labels[one]].max() <= gain[labels[other]].min() + 1e-9


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["digits.image=[1, 2]"], "image: found 2 electrodes"),
        (
            ["digits.image=[1, 1]", "digits.image_rows=1", "digits.image_columns=2"],
            "digits.image: electrode 1 is given twice",
        ),
        (["digits.image_rows=7"], "digits.image_rows: found 7"),
        (["digits.image_columns=11"], "digits.image_columns: found 11"),
        (["digits.labels=[[9]]"], "found 1 sets of electrodes for 2 classes"),
        (["digits.labels=[[9], [60]]"], "digits.labels: electrodes: found 60"),
        (["digits.labels=[[9], [9]]"], "electrode 9 is given twice"),
        (["digits.labels=[[9], [0]]"], "electrode 0 shows a pixel"),
        (["digits.labels=beside-image", "digits.image_columns=10"], "too few for 2 classes"),
    ],
)
def test_mistakes_are_named(overrides, message):
    assert message in refused(*overrides)


@pytest.mark.parametrize("inhibition", ["relay", "dale"])
def test_synapses_from_image_to_labels(inhibition):
    lines = ["culture.inhibition=dale", "culture.inhibitory_fraction=0.2"]
    off = [f"plasticity.{key}=none" for key in ("trace", "tau_post", "normalise")]
    projections = ("input", "excitatory", "inhibitory")
    off += [f"plasticity.{name}.nu_pre=none" for name in projections]
    region = [f"plasticity.{name}.plastic=image-to-labels" for name in projections]
    parameters = load(
        PUBLISHED,
        ["plasticity.rule=modulated", *off, *region, *(lines if inhibition == "dale" else [])],
    )
    array = Mea.place(parameters)
    dish = Culture.grow(parameters, array)
    sources, targets = dish.plastic_region("input")
    assert np.array_equal(np.flatnonzero(sources), np.flatnonzero(np.arange(60) % 10 < 6))
    sources, targets = dish.plastic_region("excitatory")
    assert np.array_equal(sources, dish.x[: dish.n_excitatory] < 3e-3)
    assert np.array_equal(targets, dish.x >= 4.5e-3)
    sources, _ = dish.plastic_region("inhibitory")
    first = 0 if inhibition == "relay" else dish.n_excitatory
    assert np.array_equal(sources, dish.x[first:] < 3e-3)
    assert np.array_equal(
        nearest_electrodes(array, dish.x, dish.y) % 10, (dish.x // 0.5e-3).astype(int)
    )
