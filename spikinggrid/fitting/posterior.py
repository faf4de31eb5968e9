"""How sure is a fit? The posterior over parameters, by neural posterior estimation.

    estimate(simulations)              train on simulations -> Posterior
    posterior.sample(features, n)      parameters under which a culture measures like this

`coverage` says whether its intervals are as wide as they claim.

A conditional normalizing flow learns from simulations which parameters go with which features
(Greenberg, Nonnenmacher & Macke 2019, as in the package `sbi`, the extra
`spikinggrid[inference]`). One training serves every recording. Simulations that failed, or lack a
feature such as the duration of bursts, are left out: since features alone decide on that, a
recording that has all features has the same posterior without them.

Shares of bounds are turned into normal deviates, in which a uniform prior is a standard normal
distribution: no probability is lost beyond the bounds.
"""

import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from spikinggrid.fitting.prior import Simulations
from spikinggrid.statistics import feature_space
from spikinggrid.utils.errors import InputError
from spikinggrid.utils.extras import check_installed
from spikinggrid.utils.progress import NO_PROGRESS, Progress
from spikinggrid.utils.randomness import random_generator

#: What learns the posterior, the extra that brings it, and its packages.
NEEDED = ("a posterior", "inference", "sbi", "torch")

#: With fewer simulations than this that have all features, there is nothing to learn from.
FEWEST = 200

#: Flows that are trained from different random weights and averaged, as each alone is
#: overconfident (Hermans et al., arXiv:2110.06581).
N_FLOWS = 3


@dataclass(frozen=True, eq=False)
class Posterior:
    """What was learned.

    Attributes
    ----------
    simulations : Simulations
    flows : list
        The density estimators of `sbi`.
    """

    simulations: Simulations
    flows: list[Any]

    def sample(self, table: Mapping[str, np.ndarray], n: int) -> np.ndarray:
        """Draw points between the bounds from the posterior of each of several cultures.

        Parameters
        ----------
        table : mapping of str to ndarray, shape (n_cultures,)
            Features, all of which must exist.
        n : int
            Points for each culture.

        Returns
        -------
        ndarray, shape (n, n_cultures, n_bounds)
            Shares of the bounds. The same features always give the same points.
        """
        import torch

        coordinates, _ = feature_space.encoded(table)
        x = torch.tensor(coordinates, dtype=torch.float32)
        drawn, share = [], -(-n // len(self.flows))
        torch.manual_seed(_torch_seed(self.simulations, "sample"))
        for flow in self.flows:
            with torch.no_grad():
                drawn.append(flow.sample((share,), x).numpy())
        alternating = np.stack(drawn, axis=1).reshape(-1, *drawn[0].shape[1:])  # flow by flow
        return norm.cdf(alternating[:n].astype(float))


def estimate(
    simulations: Simulations,
    left_out: np.ndarray | bool = False,
    progress: Progress = NO_PROGRESS,
) -> Posterior:
    """Learn the posterior from simulations.

    Parameters
    ----------
    simulations : Simulations
    left_out : ndarray of bool, shape (n_simulations,), optional
        Which are not to be learned from.
    progress : Progress
        Counts flows, of which there are `N_FLOWS`.

    Raises
    ------
    InputError
        If `sbi` is not installed, or too few simulations have all features.
    """
    check_installed(*NEEDED)
    import sbi.inference
    import sbi.neural_nets
    import torch

    coordinates, placed = feature_space.encoded(simulations.features)
    if len(coordinates) < FEWEST:
        raise InputError(
            f"--simulations: only {len(coordinates)} of {len(simulations)} simulated cultures fire,"
            f" burst and have all features, and {FEWEST} are needed; take more, or other bounds"
        )
    learned_from = ~np.broadcast_to(left_out, len(simulations))[placed]
    points = np.clip(simulations.points[placed][learned_from], 1e-6, 1 - 1e-6)
    theta = torch.tensor(norm.ppf(points), dtype=torch.float32)
    x = torch.tensor(coordinates[learned_from], dtype=torch.float32)
    n_bounds = theta.shape[1]
    prior = torch.distributions.MultivariateNormal(torch.zeros(n_bounds), torch.eye(n_bounds))
    torch.set_num_threads(1)  # as fast for nets so small, and the same sums everywhere
    flows = []
    for number in range(N_FLOWS):
        torch.manual_seed(_torch_seed(simulations, "flow", number))
        learner = sbi.inference.NPE(
            prior,
            density_estimator=sbi.neural_nets.posterior_nn("maf"),
            tracker=_NoLog(),
            show_progress_bars=False,
        )
        with redirect_stdout(io.StringIO()):  # it reports each training there
            flows.append(learner.append_simulations(theta, x).train(training_batch_size=100))
        progress.advance()
    return Posterior(simulations, flows)


class _NoLog:
    """Keeps `sbi` from writing logs into the user's folder."""

    log_dir = None

    def ignore(self, *_: object, **__: object) -> None:
        """Write nothing."""

    log_metric = log_metrics = log_params = add_figure = flush = ignore


def _torch_seed(simulations: Simulations, *purpose: str | int) -> int:
    seed = simulations.prior.parameters.simulation.seed
    return int(random_generator(seed, "posterior", *purpose).integers(2**31))
