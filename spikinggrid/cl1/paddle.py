"""A game with a paddle, for loops that let a dish play it.

The ball crosses a field of width and height 1 from the right to the left, where the paddle is. It
bounces from all other sides.
"""

from dataclasses import dataclass

import numpy as np


@dataclass
class Game:
    """Ball and paddle.

    Parameters
    ----------
    seed : int
        Where balls begin and whither they fly.
    crossing : float
        Time in which the ball crosses the field, s.
    height : float
        Of the paddle, as a share of the field.
    speed : float
        Of the paddle, fields per s.

    Attributes
    ----------
    x, y : float
        The ball; x is its distance from the paddle's side.
    paddle : float
        Middle of the paddle.
    n_hits, n_misses : int
        What the paddle has met so far, and what not.

    Examples
    --------
    >>> game = Game(seed=1)
    >>> outcomes = [game.step(0.02, direction=0) for _ in range(3000)]
    >>> game.n_hits + game.n_misses == len([one for one in outcomes if one is not None])
    True
    """

    seed: int
    crossing: float = 1.5
    height: float = 0.25
    speed: float = 1.0

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        self.paddle, self.n_hits, self.n_misses = 0.5, 0, 0
        self.x = self.y = self._vx = self._vy = 0.0
        self.serve()

    def serve(self) -> None:
        """Put a new ball into play."""
        self.x, self.y = 1.0, self._random.uniform()
        self._fly(-1.0)

    def step(self, duration: float, direction: int) -> bool | None:
        """Move ball and paddle.

        Parameters
        ----------
        duration : float
            s
        direction : {-1, 0, 1}
            Of the paddle: to smaller y, none, to larger y.

        Returns
        -------
        bool or None
            Whether the paddle met the ball; None if the ball did not come.
        """
        half = self.height / 2
        moved = self.paddle + direction * self.speed * duration
        self.paddle = min(max(moved, half), 1 - half)
        self.x += self._vx * duration
        self.y += self._vy * duration
        if not 0 <= self.y <= 1:
            self.y, self._vy = min(max(self.y, -self.y), 2 - self.y), -self._vy
        if self.x >= 1:
            self.x, self._vx = 1.0, -abs(self._vx)
        if self.x > 0:
            return None
        is_hit = abs(self.y - self.paddle) <= half
        self.n_hits, self.n_misses = self.n_hits + is_hit, self.n_misses + (not is_hit)
        if is_hit:
            self.x = 0.0
            self._fly(1.0)
        else:
            self.serve()
        return is_hit

    def _fly(self, side: float) -> None:
        self._vx = side / self.crossing
        self._vy = self._random.uniform(-1.0, 1.0) / self.crossing
