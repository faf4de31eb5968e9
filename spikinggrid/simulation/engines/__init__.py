"""The engines: programs that compute the same model, each in its own way."""


def apart(tau: float, tau_m: float) -> float:
    """A time constant that differs from the membrane's, as the exact solution divides by it.

    Where the two are equal, a change by 1e-6 costs less accuracy than it saves.
    """
    return tau * (1 + 1e-6) if abs(tau / tau_m - 1) < 1e-6 else tau
