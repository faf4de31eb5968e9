"""The benchmark that tests of figures have too."""

from tests.plotting.conftest import result

__all__ = ["result"]
