"""Assays: found by name, the same in other processes, and each with what others ask of it."""

import pickle

import pytest

from spikinggrid.fitting.assays import ASSAYS, assay_for
from spikinggrid.parameters import files as parameter_files
from spikinggrid.utils.errors import InputError


@pytest.mark.parametrize("name", ASSAYS)
def test_an_assay_is_the_same_in_another_process(name):
    assay = ASSAYS[name]
    assert pickle.loads(pickle.dumps(assay)) == assay
    assert assay.name == name
    assert [other for other in ASSAYS.values() if other == assay] == [assay]


@pytest.mark.parametrize("name", ASSAYS)
def test_no_assay_has_a_use_for_a_protocol_of_stimuli(name):
    with pytest.raises(InputError, match=r"^stimulation: .* has no use for it"):
        ASSAYS[name].check(parameter_files.load("stimulated_culture"))


@pytest.mark.parametrize("name", ASSAYS)
def test_every_assay_needs_an_array_that_fits_its_dish(name):
    parameters = parameter_files.load("digits/bundled")
    ASSAYS[name].check(parameters)
    with pytest.raises(InputError, match=r"^mea\.layout: the electrodes span"):
        ASSAYS[name].check(parameters.replace({"culture.width": "0.5 mm"}))


def test_digits_need_their_table():
    with pytest.raises(InputError, match=r"^digits: is missing"):
        ASSAYS["digits"].check(parameter_files.load("culture"))
    ASSAYS["digits"].check(parameter_files.load("digits/bundled"))


@pytest.mark.parametrize(
    "change",
    [
        "digits.image_rows=9",
        "digits.image_columns=11",
        "digits.labels=[[1], [2]]",
        "digits.labels=[[0], [1], [2]]",
    ],
)
def test_a_task_that_does_not_fit_the_array_is_told_before_any_culture(change):
    digits = parameter_files.load("digits/bundled", ["digits.classes=[0, 1, 2]", change])
    with pytest.raises(InputError, match=r"^digits\."):
        ASSAYS["digits"].check(digits)


def test_the_parameters_say_which_assay_they_are_for():
    assert assay_for(parameter_files.load("digits/bundled")) is ASSAYS["digits"]
    assert assay_for(parameter_files.load("culture")) is ASSAYS["spontaneous"]
