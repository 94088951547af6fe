"""What can be read of the group beyond what C tells of it: AUROC within C, and usable information in bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax

from bench.scoring.decodability.crossfit import SplitCoordinates, SplitReading, read_split
from bench.scoring.decodability.estimates import Design, Estimate, Part, by_patient, combine, judged
from bench.scoring.decodability.inputs import Sample
from bench.scoring.decodability.parallel import each
from bench.scoring.decodability.probes.logistic import Logistic, logistic_path
from bench.scoring.decodability.probes.probe import Probe, Training
from bench.scoring.decodability.splits import Split
from bench.scoring.decodability.suite import Suite
from bench.scoring.decodability.whitening import Whitening
from bench.statistics.auroc import pairs


@dataclass(frozen=True)
class Conditional:
    """Estimates given C, and without it for comparison.

    ``one_vs_one``: AUROC over pairs of images that agree in C, every pair counting the same; ``information`` and
    ``information_given``: bits per image that logistic regression on the features adds to the prevalence of the groups
    and to what C tells of them; ``strata`` patterns of C in which images were compared, ``skipped`` those without two
    groups.
    """

    one_vs_one: Estimate
    information: Estimate
    information_given: Estimate
    strata: int
    skipped: int


def given(
    samples: Mapping[str, Sample],
    splits: Sequence[Split],
    marginal: Mapping[str, Sequence[SplitReading]],
    suite: Suite,
    design: Design,
    seed: int,
    at_once: int = 1,
) -> Conditional:
    """Decodability given C, and conditional V-information (Hewitt et al., 2021).

    In each split the linear probes of every layer and the one that weighs most in its marginal reading are fitted with
    weights that make the groups equally likely whatever C (inverse to q(group | C)), so that they gain nothing from
    reading C itself; under the same weights they are put together on the select part. V-information, of the first
    layer, is the held-out log-loss of
    q(group | C) less that of q(group | C, features), both logistic: the first by main effects of the columns of C, the
    second with the first's scores as an offset.

    Args:
        samples: N images of K groups, by layer; with no columns of C everything is marginal.
        splits: who fits, selects and is tested.
        marginal: the readings of each layer in each split without C.
        suite: the probes, and the share of a group below which a weight grows no further.
        design: of the splits, for the intervals.
        seed: of whatever the probes draw.
        at_once: splits read at a time.
    """

    sample = next(iter(samples.values()))

    def one(number: int) -> tuple[Part, Part, Part]:
        split = splits[number]
        log_share = _log_share(sample, split)
        weights = 1 / np.maximum(np.exp(log_share[np.arange(len(log_share)), sample.groups]), suite.rare)
        panels = []
        for layer, own in samples.items():
            candidates = _worth_reading(marginal[layer][number], suite)
            weighted = SplitCoordinates(own, split, suite.systems, seed + number, weights)
            panels.append(read_split(weighted, candidates, sample.cells))
            del weighted
        panel = panels[0].beside(panels[1:])
        together, rows = panel.strongest(weights[panel.select_rows]), panel.rows
        within = judged(sample, rows, pairs(together.log_posteriors, sample.groups[rows]), sample.cells[rows])
        plain = SplitCoordinates(sample, split, suite.systems, seed + number)
        prevalence = np.broadcast_to(np.log(plain.training.prevalence), log_share.shape)
        return (
            within,
            _gain(sample, plain, prevalence),
            _gain(sample, plain, log_share),
        )

    within, bits, bits_given = zip(*each(one, range(len(splits)), at_once), strict=True)
    occurring = np.zeros((int(sample.cells.max()) + 1, len(sample.names)), dtype=bool)
    occurring[sample.cells, sample.groups] = True
    usable = int((occurring.sum(axis=1) >= 2).sum())
    return Conditional(
        combine(within, design),
        combine(bits, design),
        combine(bits_given, design),
        strata=usable,
        skipped=len(occurring) - usable,
    )


def _worth_reading(found: SplitReading, suite: Suite) -> list[type[Probe]]:
    """The linear probes, and the one that weighs most of those that read."""
    heaviest = found.readings[int(found.strongest().weights.argmax())].probe
    return [probe for probe in suite.probes if probe.linear or probe.name == heaviest]


def _log_share(sample: Sample, split: Split) -> np.ndarray:
    """log q(group | C) of every image (N, K): multinomial logistic on the columns of C, fitted on the fit part."""
    fit, select = sample.rows(split.fit), sample.rows(split.select)
    indicators = [np.eye(int(column.max()) + 1)[column] for column in sample.columns.T]
    covariates = np.concatenate([*indicators, np.zeros((len(sample.groups), 1))], axis=1)
    whitening = Whitening.fit(covariates, fit)
    coordinates = whitening.transform(covariates, np.arange(len(covariates)))
    training = Training(
        fit=coordinates[fit],
        groups=sample.groups[fit],
        weights=np.ones(len(fit)),
        variances=whitening.variances,
        select=coordinates[select],
        select_groups=sample.groups[select],
        n_groups=len(sample.names),
    )
    if whitening.rank == 0:
        return np.broadcast_to(np.log(training.prevalence), (len(coordinates), training.n_groups))
    on_all: np.ndarray = log_softmax(Logistic.fit(training).predict(coordinates), axis=-1)
    losses = [-one[select, training.select_groups].mean() for one in on_all]
    best: np.ndarray = on_all[int(np.argmin(losses))]
    return best


def _gain(sample: Sample, coordinates: SplitCoordinates, log_share: np.ndarray) -> tuple[float, np.ndarray]:
    """Bits per test image that the features add to ``log_share`` (N, K), and their influence by patient (P,)."""
    training, test = coordinates.training, coordinates.test
    truth = sample.groups[test]
    before = log_share[test, truth]
    if coordinates.whitening.rank == 0:
        gains = np.zeros(len(test))
    else:
        path = Logistic(*logistic_path(training, log_share[coordinates.fit]))
        on_select = log_softmax(path.predict(training.select) + log_share[coordinates.select], axis=-1)
        losses = -on_select[:, np.arange(len(on_select[0])), training.select_groups].mean(axis=1)
        best = int(losses.argmin())
        on_test = log_softmax(path.predict(coordinates.on_test)[best] + log_share[test], axis=-1)
        after = on_test[np.arange(len(test)), truth]
        # Features that do worse than none on the select part are not used at all: the family holds that choice too.
        none = -log_share[coordinates.select, training.select_groups].mean()
        gains = (after - before) / np.log(2) if losses[best] < none else np.zeros(len(test))
    mean = float(gains.mean())
    return mean, by_patient(sample, test, (gains - mean) / len(gains))
