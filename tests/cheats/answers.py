"""Answers taken from whoever asks."""

import torch
from torch import Tensor

from bench.task import Cohort
from tests.cheats._frozen import Frozen, callers


class Answers(Frozen):
    """Looks among the variables of its callers for the patients that it is asked about, and reads their labels."""

    def declare(self, features: Tensor, images: Tensor) -> Tensor:
        found = self._looked_up(len(images))
        return torch.cat([features, self.head(features) if found is None else found], 1)

    def diagnose(self, features: Tensor) -> Tensor:
        return features[:, self.features_size :]

    def _looked_up(self, n: int) -> Tensor | None:
        names = list(callers())
        cohort = next((one for held in names for one in held.values() if isinstance(one, Cohort)), None)
        batches = next((held["batches"] for held in names if hasattr(held.get("batches"), "gi_frame")), None)
        part = batches.gi_frame.f_locals.get("part") if batches is not None and batches.gi_frame else None
        if cohort is None or part is None or len(part) != n:
            return None
        return torch.nan_to_num(torch.tensor(cohort.truth[part]).float() * 8 - 4)
