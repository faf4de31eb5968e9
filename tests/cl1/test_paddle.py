"""The paddle game."""

import numpy as np
import pytest

from spikinggrid.cl1.paddle import Game


def play(direction, seconds=2000.0):
    game = Game(seed=2)
    for _ in range(int(seconds / 0.02)):
        game.step(0.02, direction(game))
        assert 0 <= game.x <= 1 and 0 <= game.y <= 1
        assert game.height / 2 <= game.paddle <= 1 - game.height / 2
    return game.n_hits / (game.n_hits + game.n_misses)


def test_a_paddle_that_follows_the_ball_meets_it():
    assert play(lambda game: int(np.sign(game.y - game.paddle))) > 0.9


def test_a_paddle_that_stays_meets_as_many_balls_as_it_is_high():
    assert play(lambda game: 0) == pytest.approx(0.25, abs=0.08)
