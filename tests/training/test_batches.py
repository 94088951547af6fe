from __future__ import annotations

import pickle
from pathlib import Path

import albumentations as A
import numpy as np
import pandas as pd
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.task import Cohort, TaskSpec
from bench.training.batches import CohortImages, EpochBatches, InOrder, loader


def cohort(n: int) -> Cohort:
    table = pd.DataFrame(
        {
            "image": [f"i{i:03d}" for i in range(n)],
            "patient": [f"p{i // 2}" for i in range(n)],
            "split": "train",
            "effusion": np.where(np.arange(n) % 3 == 0, np.nan, np.arange(n) % 2),
            "race": ["Asian", "Black", None][: n % 4] * n
            if n < 3
            else [["Asian", "Black", None][i % 3] for i in range(n)],
            "age": 50.0,
        }
    )
    spec = TaskSpec("cxr", ("effusion",), "race", ("Asian", "Black"), 8)
    return Cohort(table, spec, "test", True, {"race": ("Asian", "Black")})


def pixels(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 8, 8), dtype=np.uint8)


def test_a_batch_holds_the_rows_it_was_asked_for() -> None:
    data, images = cohort(12), pixels(12)
    part = data.take([3, 7, 8])
    batch = CohortImages(part, images)[(0, np.array([2, 0]))]
    assert torch.equal(batch.images[:, 0], torch.from_numpy(images[[8, 3]]))
    assert batch.groups.tolist() == [-1, 0]
    np.testing.assert_array_equal(batch.targets.numpy(), part.targets[[2, 0]])


def test_targets_and_groups_are_withheld_when_asked() -> None:
    batch = CohortImages(cohort(6), pixels(6), hide_targets=True, hide_groups=True)[(0, np.arange(6))]
    assert torch.isnan(batch.targets).all()
    assert (batch.groups == -1).all()


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 5), st.integers(0, 5))
def test_an_epoch_visits_no_image_twice_and_comes_out_the_same_again(n: int, size: int, seed: int, epoch: int) -> None:
    batches = EpochBatches(n, size, seed)
    batches.set_epoch(epoch)
    first = [positions.tolist() for _, positions in batches]
    assert first == [positions.tolist() for _, positions in batches]
    assert len(first) == len(batches)
    seen = [position for positions in first for position in positions]
    assert len(set(seen)) == len(seen) > n - min(size, n)


def test_epochs_and_seeds_differ() -> None:
    orders = []
    for seed, epoch in ((0, 0), (0, 1), (1, 0)):
        batches = EpochBatches(100, 10, seed)
        batches.set_epoch(epoch)
        orders.append(np.concatenate([positions for _, positions in batches]).tolist())
    assert orders[0] != orders[1] != orders[2] != orders[0]


def test_weights_are_the_expected_share_of_draws() -> None:
    batches = EpochBatches(4000, 4000, 0, torch.tensor([3.0] * 1000 + [1.0] * 3000))
    (_, drawn), *_ = list(batches)
    # Binomial(4000, 1/2): five standard deviations.
    assert abs((drawn < 1000).mean() - 0.5) < 5 * 0.5 / 4000**0.5


def test_in_order_covers_all() -> None:
    assert np.concatenate([positions for _, positions in InOrder(10, 4)]).tolist() == list(range(10))


def test_augmentation_in_colour_changes_each_channel_for_itself() -> None:
    colour = np.stack([pixels(12)] * 3, axis=3)
    moved = A.Compose([A.RGBShift((10, 10), (0, 0), (-10, -10), p=1.0)])
    batch = CohortImages(cohort(12), colour, transforms=(moved,))[(0, np.arange(12))]
    assert batch.images.shape == (12, 3, 8, 8)
    shifted = np.clip(colour[..., 0].astype(int)[:, None] + np.array([10, 0, -10])[:, None, None], 0, 255)
    assert np.array_equal(batch.images.numpy(), shifted)


def test_a_worker_that_is_sent_the_images_is_sent_their_files_name(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (1000, 8, 8), dtype=np.uint8)
    np.save(tmp_path / "pixels.npy", images)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    data = cohort(12)
    sent = pickle.dumps(CohortImages(data, mapped))
    assert len(sent) < 10_000 < images.nbytes
    index = (0, np.array([7, 2]))
    assert torch.equal(pickle.loads(sent)[index].images, CohortImages(data, images)[index].images)
    # A part of the map would be opened as the whole.
    part = pickle.loads(pickle.dumps(CohortImages(data, mapped[100:])))
    assert torch.equal(part[index].images, CohortImages(data, images[100:])[index].images)


def test_augmentation_does_not_depend_on_the_number_of_workers() -> None:
    data, images = cohort(12), pixels(12)
    noise = A.Compose([A.GaussNoise(std_range=(0.2, 0.2), p=1.0)])
    drawn = []
    for workers in (0, 2):
        batches = EpochBatches(12, 4, 0)
        loaded = loader(CohortImages(data, images, transforms=(noise,), seed=1), batches, workers)
        drawn.append(torch.cat([batch.images for batch in loaded]))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0][:, 0], torch.from_numpy(images))
