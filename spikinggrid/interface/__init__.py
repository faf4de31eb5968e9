"""What a notebook does in one call: compare recordings, fit, infer, benchmark, predict, report.

Everything else that `import spikinggrid as sg` offers is defined where it belongs; see
`spikinggrid/__init__.py`. Results are those of the packages below, and can draw themselves.

recordings   measured side by side, compared by group, as a network
fitting      a culture like a recorded one
inference    which parameters go with a recording, and how sure that is
digits       how well cultures learn digits, and how well a recorded one would
reports      all of it on one page
"""
