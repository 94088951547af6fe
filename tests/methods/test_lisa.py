"""Who may be mixed with whom."""

from __future__ import annotations

import torch
from bench.builtin.methods.erm import Erm
from bench.builtin.methods.lisa import Lisa

from bench.method import Batch
from tests.methods.samples import batch, make


def one_target(n: int = 60) -> Batch:
    some = batch(n)
    return some._replace(targets=some.targets[:, :1].repeat(1, 2))


def test_partners_share_the_label_and_not_the_race_or_the_race_and_not_the_label() -> None:
    some = one_target()
    y, a = some.targets[:, 0], some.groups
    known = (a >= 0)[:, None] & (a >= 0)
    for same_label, wanted in (
        (1.0, known & (y[:, None] == y) & (a[:, None] != a)),
        (0.0, known & (y[:, None] == 1 - y) & (a[:, None] == a)),
    ):
        assert torch.equal(make(Lisa, {"same_label": same_label}).allowed(some), wanted)


def test_of_several_targets_the_label_of_one_decides_drawn_for_every_image() -> None:
    some, method = batch(200), make(Lisa, {"same_label": 1.0})
    allowed = method.allowed(some)
    agree = [(some.targets[:, t][:, None] == some.targets[:, t]) for t in range(2)]
    either = [(allowed & ~one).any(1) for one in agree]  # rows that another target decided
    assert either[0].any()
    assert either[1].any()
    assert not (either[0] & either[1]).any()


def test_what_is_mixed_changes_from_step_to_step() -> None:
    """In one public copy the first k of each group are always mixed with the first k of the other."""
    method, some = make(Lisa), one_target()
    assert len({method.loss(some).item() for _ in range(5)}) == 5


def test_who_has_no_partner_stays_as_it_is() -> None:
    """One race of one label: neither kind of partner is there."""
    some = one_target()._replace(groups=torch.zeros(60).long(), targets=torch.ones(60, 2))
    for cut in (False, True):
        torch.testing.assert_close(make(Lisa, {"cut": cut}).loss(some), make(Erm).loss(some))


def test_a_cut_image_is_scored_by_the_share_that_is_left_of_it() -> None:
    method = make(Lisa, {"cut": True})
    images = torch.rand(500, 1, 16, 16)
    share = torch.full((500,), 0.75)
    keep = method._rectangles(share, images)
    assert set(keep.unique().tolist()) == {0.0, 1.0}
    left = keep.mean((1, 2, 3))
    # A rectangle of a quarter of the area, less what lies beyond the border.
    assert left.min().item() == 0.75
    assert 0.75 < left.mean().item() < 0.9
    assert (method._rectangles(torch.ones(3), images[:3]) == 1).all()
    for one in keep[:20, 0]:
        hole = (one == 0).nonzero()
        (top, first), (bottom, last) = hole.min(0).values.tolist(), hole.max(0).values.tolist()
        assert (one[top : bottom + 1, first : last + 1] == 0).all()
