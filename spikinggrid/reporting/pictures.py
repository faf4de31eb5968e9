"""Figures within a page: as SVG, or where that would be large, as a PNG of few colours."""

import base64
import io

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from spikinggrid.plotting.style import root
from spikinggrid.reporting.page import Picture

#: A larger SVG (bytes) gives way to a PNG.
LARGEST_SVG = 200_000

#: Pixels to the inch, of the page and of a PNG.
PAGE_DPI, PNG_DPI = 96, 144

#: Colours of a PNG: figures need few, and fewer bits pack better.
N_COLOURS = 128


def picture(figure: Figure | Axes, alternative: str = "") -> Picture:
    """Return a figure as a part of a page.

    Parameters
    ----------
    figure : Figure or Axes
        The figure, or axes of it.
    alternative : str
        What is said to those who cannot see it; its title unless given.
    """
    whole = root(figure) if isinstance(figure, Axes) else figure
    vector = _svg(whole)
    if len(vector) <= LARGEST_SVG:
        source = _data_uri("image/svg+xml", vector)
    else:
        source = _data_uri("image/png", _png(whole))
    words = alternative or " ".join(whole.get_suptitle().split())
    width, height = (round(PAGE_DPI * inches) for inches in whole.get_size_inches())
    return Picture(source, words, width, height)


def _svg(figure: Figure) -> bytes:
    content = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "spikinggrid"}):  # the same bytes each time
        figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()


def _png(figure: Figure) -> bytes:
    content, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(content, format="png", dpi=PNG_DPI)
    with Image.open(content) as image:
        few = image.convert("RGB").quantize(N_COLOURS, dither=Image.Dither.NONE)
    few.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
