"""How long was recorded, where a file does not say so."""


def span(
    first: float, last: float, t_start: float | None = None, t_stop: float | None = None
) -> tuple[float, float, list[str]]:
    """Return what a file says of the span that was recorded, or what its spikes let assume.

    A recording lasts from 0 to its last spike; one whose first spike comes later than all its
    activity lasts, as by a clock, from its first to its last spike.

    Parameters
    ----------
    first, last : float
        Times of the first and of the last spike (s).
    t_start, t_stop : float, optional
        What the file says (s).

    Returns
    -------
    t_start, t_stop : float
        The span (s).
    notes : list of str
        What was assumed.
    """
    if t_start is not None and t_stop is not None:
        return t_start, t_stop, []
    if t_stop is not None:
        late = f", though the first spike comes at {first:g} s" if first > t_stop - first else ""
        return 0.0, t_stop, [f"when the recording began is not given: taken as 0 s{late}"]
    if t_start is not None:
        unsaid = "when the recording ended is not given: taken as"
        return t_start, last, [f"{unsaid} {last} s, the last spike"]
    unsaid = "the length of the recording is not given: taken as"
    if first > last - first > 0:
        return first, last, [f"{unsaid} {first} s to {last} s, from the first to the last spike"]
    return 0.0, last, [f"{unsaid} 0 s to {last} s, the last spike"]
