"""Reports: one HTML page that opens from a USB stick, without network or server.

write         a page about recordings, fits and benchmarks, as files or as results
sources       what a file is, by its content
recordings    what is told of a recording
bands         published bands of features, by region and age
networks      which electrodes fire together
groups        groups of dishes
pairs         dishes before and after a treatment
fits          what is told of a fit: recording and simulated dish side by side
benchmarks    what is told of a benchmark
player        the spikes of a recording for the player of the page
page          parts of a page, and how they become HTML
pictures      figures within the page
templates     the page's HTML, style and script
"""

from spikinggrid.reporting.writing import write

__all__ = ["write"]
