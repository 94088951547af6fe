"""The χ² of score and race by kernel densities."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.chi2_independence import Chi2Independence
from scipy.stats import norm

from tests.methods.samples import batch, make

NOTHING = torch.empty(0)


def test_it_is_the_integral_over_kernel_densities() -> None:
    some, logits = batch(), torch.randn(64, 2, generator=torch.Generator().manual_seed(1))
    known = (some.groups >= 0).numpy()
    groups, found = some.groups.numpy()[known], []
    width, grid = (0.75 * known.sum()) ** -0.2, np.linspace(-4, 4, 2001)
    for t in range(2):
        s = logits.numpy()[known, t]
        s = (s - s.mean()) / s.std()
        density = {g: norm.pdf((grid[:, None] - s[groups == g]) / width).mean(1) / width for g in range(3)}
        everyone = sum((groups == g).mean() * density[g] for g in range(3))
        chi2 = sum((groups == g).mean() * density[g] ** 2 / everyone for g in range(3))
        found.append(np.trapezoid(chi2, grid) - np.trapezoid(everyone, grid))
    got = make(Chi2Independence).penalty(NOTHING, logits, some).item()
    assert got == pytest.approx(np.mean(found), rel=0.02, abs=2e-3)


def test_scores_that_tell_race_have_chi2_of_the_number_of_races_less_1_and_others_nearly_none() -> None:
    some = batch(600)._replace(groups=torch.arange(600) % 3)
    alike = torch.randn(600, 2, generator=torch.Generator().manual_seed(0))
    apart = alike + 30 * some.groups[:, None]
    method = make(Chi2Independence)
    assert method.penalty(NOTHING, apart, some).item() > 1.2
    assert method.penalty(NOTHING, alike, some).item() < 0.1


def test_scale_and_place_of_the_logits_do_not_matter() -> None:
    some, logits = batch(), torch.randn(64, 2, generator=torch.Generator().manual_seed(1))
    method = make(Chi2Independence)
    once = method.penalty(NOTHING, logits, some).item()
    assert method.penalty(NOTHING, 9 * logits - 4, some).item() == pytest.approx(once, rel=1e-3)
