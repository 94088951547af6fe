"""Features, positions and soft edges of bodies."""

from dataclasses import dataclass

import numpy as np
import pytest

from bench.phantom import Features, Positioning, below, ridges


@dataclass(frozen=True)
class Hand(Features):
    length: float
    breadth: float


def test_features_are_standard_normals_cut_at_two() -> None:
    drawn = np.array(
        [(hand.length, hand.breadth) for hand in (Hand.draw(np.random.default_rng(k)) for k in range(800))]
    )
    assert np.abs(drawn).max() == 2
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=0.1)
    np.testing.assert_allclose(drawn.std(axis=0), 0.96, atol=0.06)


def test_a_position_is_the_same_at_every_size() -> None:
    positioning = Positioning(turn=0.1, right=0.1, down=0.2, zoom=0.05)
    coarse, fine = (np.stack(positioning.place(size, np.random.default_rng(0))) for size in (32, 96))
    np.testing.assert_allclose(fine[:, 1::3, 1::3], coarse, atol=1e-6)
    still = np.stack(Positioning(0, 0, 0, 0).place(4, np.random.default_rng(0)))
    np.testing.assert_allclose(still[0][0], (-0.75, -0.25, 0.25, 0.75))
    np.testing.assert_allclose(still[1][:, 0], (-0.75, -0.25, 0.25, 0.75))


def test_soft_edges() -> None:
    assert below(np.array([-9.0, 0.0, 9.0]), 0.1) == pytest.approx([1, 0.5, 0])
    assert ridges(np.array([0.0, 0.5, 1.0]), 3.0) == pytest.approx([1, np.exp(-6), 1])
