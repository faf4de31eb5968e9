"""Memory: asked before it is taken."""

import psutil
import pytest

from spikinggrid.utils import memory
from spikinggrid.utils.errors import InputError


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (9960, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (1.5e9, "1.5 GB"),
        (2.5e15, "2.5 PB"),
        (1e22, "10,000,000 PB"),
    ],
)
def test_an_amount_has_two_digits(n_bytes, text):
    assert memory.in_units(n_bytes) == text


def test_there_is_some_but_no_more_than_the_machine_has():
    all_of_it = psutil.virtual_memory().total + psutil.swap_memory().total
    assert 0 < memory.available() <= all_of_it


def test_what_does_not_fit_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 8e9)
    memory.require(7.9e9, "culture.n_neurons: 5 neurons")
    with pytest.raises(InputError) as raised:
        memory.require(8.2e12, "culture.n_neurons: 5 neurons")
    assert str(raised.value) == (
        "culture.n_neurons: 5 neurons would take about 8.2 TB of memory, but 8.0 GB are free"
    )
