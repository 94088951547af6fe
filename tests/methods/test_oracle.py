"""ERM in all but its images."""

from __future__ import annotations

import torch
from bench.builtin.methods.adversarial import Adversarial
from bench.builtin.methods.distortion import Distortion
from bench.builtin.methods.erm import Erm
from bench.builtin.methods.group_dro import GroupDro
from bench.builtin.methods.oracle import Oracle
from bench.builtin.methods.race_reader import RaceReader
from bench.builtin.methods.reweighting import Reweighting

from tests.methods.samples import batch, make


def test_the_oracle_alone_asks_for_race_free_images_and_trains_as_erm_does() -> None:
    """Only its images differ: on the same batch its loss is ERM's, and it is ranked with nobody."""
    others = (Adversarial, Distortion, Erm, GroupDro, RaceReader, Reweighting)
    assert [cls for cls in (*others, Oracle) if cls.race_free] == [Oracle]
    assert (Oracle.reference, Oracle.uses_race) == (True, "never")
    some = batch()
    assert torch.equal(make(Oracle).loss(some), make(Erm).loss(some))
