"""Read a trained network out: features, and the logits that its head makes of them on the far side of the channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bench.method import Method
from bench.records.outputs import Outputs
from bench.task import Cohort
from bench.training import readout
from bench.training.batches import CohortImages
from bench.training.channel import Channel
from bench.training.readout import Arrays, Pass, Reader

#: Passes that the outputs of a randomised network are the average of.
DRAWS = 10
#: Images a batch: fixed, so that rounding does not depend on the training batch size. The head reads in smaller ones.
_BATCH, _HEAD_BATCH = 256, 96
#: Images that are read once more with every pixel a grey level lighter or darker, and by how many deviations a feature
#: has to move then to count.
_SHAKEN, _FAR = 256, 0.5
#: How far two passes may lie apart: shares of a column's spread, of the widest column's, and of the largest mean.
_NOISE, _ROUNDING, _OFFSET_ROUNDING = 5e-4, 1e-5, 2e-6
#: Share of images in which a deterministic network may differ all the same: a decision that hangs on the last bit.
_SHARE = 0.01


def predict(
    reader: Reader,
    cohort: Cohort,
    pixels: np.ndarray,
    channel: Channel | None = None,
    blocks: bool = False,
    once: bool = False,
) -> Outputs:
    """Logits and features of a cohort's images: evaluation mode, float32, no augmentation, targets withheld.

    The protected attribute is withheld too unless the method declares ``uses_race = "test"``. Features are read twice
    and logits are made of them twice, by four instances of the network in four orders; one that says something else
    the second time is randomised, and then its outputs are averages of ten such readings.

    Args:
        reader: reads the network.
        cohort: whose images.
        pixels: the image cache that its rows point into.
        channel: what features pass through before the head reads them; None for nothing.
        blocks: whether the encoder's blocks are read as well, where its backbone is known to have some; and whether the
            network's outputs hang on single grey levels.
        once: for a network that has been found deterministic: everything is read once.
    """
    images = CohortImages(cohort, pixels, hide_targets=True, hide_groups=not reader.sees_groups)
    names = [str(name) for name in cohort.table["image"]]
    if once:
        return _read_once(reader, images, names, channel, 0, blocks)
    return _read(reader, images, names, channel, blocks)


def withheld(method: Method, cohort: Cohort, pixels: np.ndarray) -> CohortImages:
    """A cohort's images as a method may see them when it predicts: targets, and as a rule groups, are withheld."""
    return CohortImages(cohort, pixels, hide_targets=True, hide_groups=method.uses_race != "test")


def measure(reader: Reader, train: Cohort, pixels: np.ndarray) -> Channel:
    """The channel of a network, from its features of the training images."""
    images = CohortImages(train, pixels, hide_targets=True, hide_groups=not reader.sees_groups)
    return Channel.of(_encode(reader, images, 0)["features"])


def read_once(method: Method, images: CohortImages) -> Outputs:
    """One pass of this instance over the images, in their order: its features, and the logits it makes of them at once.

    Random numbers are seeded alike in every such pass; their states and the network are left as they were.
    """
    asked = Pass("encode")
    found = _in_order(readout.read(method, asked, _shown(images, rows := _rows(len(images), asked))), rows)
    return Outputs(found["logits"], found["features"])


def disagree(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two readings ``(N, D) float32`` of one view differ by more than rounding: in over 1 % of the images.

    An image differs when any of its columns j does, by more than 5e-4 s_j + 1e-5 max s + 2e-6 max |m|, with m the
    columns' means and s the root mean squares about them. The first term is the noise that is looked for, column by
    column, so that a wide column hides no other. The others are rounding, some ten to a hundred units in the last
    place: a column made of differences of others inherits theirs (noise below 1e-5 of the widest column would only
    hide directions that whitening drops anyhow), and a mean far from zero is not known more finely than its last bits.
    """
    if len(a) == 0:
        return False
    with np.errstate(invalid="ignore"):
        means = a.mean(axis=0, dtype=np.float64)
        spreads = np.sqrt(np.square(a - means).mean(axis=0))
        tolerance = _NOISE * spreads + _ROUNDING * spreads.max() + _OFFSET_ROUNDING * np.abs(means).max()
        same = (np.abs(a - b) <= tolerance) | (a == b) | (np.isnan(a) & np.isnan(b))
    return bool((~same).any(axis=1).mean() > _SHARE)


def _read(reader: Reader, images: CohortImages, names: list[str], channel: Channel | None, blocks: bool) -> Outputs:
    """Outputs of a network read twice, or the average of ten readings where the two disagree: then it is randomised."""
    first = _read_once(reader, images, names, channel, 0, blocks)
    again = _encode(reader, images, 1, blocks)
    logits = _classify(reader, images, first.features if first.stored is None else first.stored, 1)
    if not (disagree(first.features, again["features"]) or disagree(first.logits, logits)):
        return replace(first, unsteady=_unsteady(reader, images, first)) if blocks else first
    sums = {name: view.astype(np.float64) for name, view in _views(first).items()}
    for number in range(1, DRAWS):
        views = _views(_read_once(reader, images, names, channel, number, blocks))
        # A block that some pass does not give has no average.
        sums = {name: total + views[name] for name, total in sums.items() if name in views}
    means = {name: (total / DRAWS).astype(np.float32) for name, total in sums.items()}
    return _outputs(means, first.told, randomised=True)


def _read_once(
    reader: Reader, images: CohortImages, names: list[str], channel: Channel | None, number: int, blocks: bool = False
) -> Outputs:
    """Features, the channel, and logits by an instance that has never seen the images."""
    found = _encode(reader, images, number, blocks)
    told = images.groups.numpy() if reader.sees_groups else None
    if channel is None:
        return _outputs(found | {"logits": _classify(reader, images, found["features"], number)}, told)
    stored = channel(found["features"], names)
    logits = _classify(reader, images, stored, number)
    return _outputs(found | {"stored": stored, "direct": found["logits"], "logits": logits}, told)


def _unsteady(reader: Reader, images: CohortImages, found: Outputs) -> float | None:
    """The share of images in which a grey level more or less in every pixel moves a feature or a logit far.

    Of the logit in which it is largest or the median feature, whichever is more: single features of frozen encoders,
    which differ little between images, move far. None of images that have no grey levels, as vectors.
    """
    rows = np.unique(np.linspace(0, len(images) - 1, min(len(images), _SHAKEN)).round().astype(int))
    (shown,) = _shown(images, [rows])
    if shown["images"].dtype != np.uint8:
        return None
    shift = np.random.default_rng(0).choice(np.array([-1, 1], dtype=np.int16), size=shown["images"].shape)
    shaken = np.clip(shown["images"].astype(np.int16) + shift, 0, 255).astype(np.uint8)
    (moved,) = reader.read(Pass("encode"), [{**shown, "images": shaken}])
    logits = found.logits if found.direct is None else found.direct
    shares = []
    for before, after, of in ((found.features, moved["features"], np.median), (logits, moved["logits"], np.max)):
        spread = before.std(axis=0, dtype=np.float64)
        varies = spread > _ROUNDING * np.abs(before).max(axis=0, initial=0)
        far = np.abs(after - before[rows]) > _FAR * spread
        shares.append(float(of(far.mean(axis=0)[varies])) if varies.any() else 0.0)
    return max(shares)


def _encode(reader: Reader, images: CohortImages, number: int, blocks: bool = False) -> dict[str, np.ndarray]:
    """What a pass over the images gives, in the cohort's order."""
    asked = Pass("encode", number, blocks)
    rows = _rows(len(images), asked)
    return _in_order(reader.read(asked, _shown(images, rows)), rows)


def _classify(reader: Reader, images: CohortImages, features: np.ndarray, number: int) -> np.ndarray:
    """The logits that a head which has not seen the images makes of features, in the cohort's order."""
    asked = Pass("classify", number)
    rows = _rows(len(images), asked)
    groups = images.groups.numpy()
    batches = ({"features": features[part], "groups": groups[part]} for part in rows)
    return _in_order(reader.read(asked, batches), rows)["logits"]


def _shown(images: CohortImages, rows: list[np.ndarray]) -> Iterator[Arrays]:
    for part in rows:
        batch = images[(0, part)]
        yield {"images": batch.images.numpy(), "groups": batch.groups.numpy()}


def _rows(n: int, asked: Pass) -> list[np.ndarray]:
    """The positions in the cohort of each batch of a pass.

    The first pass over images goes in the cohort's order; every other, and every one over features, in a random order
    of its own, and never all in one batch again.
    """
    order, size = np.arange(n), _BATCH if asked.step == "encode" else _HEAD_BATCH
    if asked.step == "classify" or asked.number:
        order = np.random.default_rng([int(asked.step == "classify"), asked.number]).permutation(n)
        size = min(size, max(1, -(-n // 2)))
    return [order[start : start + size] for start in range(0, n, size)]


def _in_order(found: Iterator[Arrays], rows: list[np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays of all batches in the cohort's order: of names that every batch has, a row an image."""
    parts: dict[str, list[np.ndarray]] = {}
    for batch in found:
        for name, view in batch.items():
            parts.setdefault(name, []).append(view)
    back = np.argsort(np.concatenate(rows))
    # A block that not every batch passed through cannot be laid beside the images.
    return {name: np.concatenate(views)[back] for name, views in parts.items() if len(views) == len(rows)}


def _views(outputs: Outputs) -> dict[str, np.ndarray]:
    views = {"logits": outputs.logits, "features": outputs.features, **outputs.blocks}
    if outputs.stored is not None and outputs.direct is not None:
        views |= {"stored": outputs.stored, "direct": outputs.direct}
    return views


def _outputs(views: dict[str, np.ndarray], told: np.ndarray | None, randomised: bool = False) -> Outputs:
    rest = dict(views)
    logits, features = rest.pop("logits"), rest.pop("features")
    stored, direct = rest.pop("stored", None), rest.pop("direct", None)
    return Outputs(logits, features, rest, randomised, stored, direct, told=told)
