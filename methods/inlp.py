"""Iterative nullspace projection: what a linear classifier of race reads is projected out, again and again."""

import math

import torch
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from bench.method import tunable
from bench.method.pieces.erasure import Eraser
from bench.method.pieces.linear import basis


class Inlp(Eraser):
    """Fits a linear classifier of race, projects the features onto its nullspace, and repeats.

    Each round takes K - 1 directions, so that 20 rounds leave the features poorer by up to 20 (K - 1) dimensions. The
    projection is the one onto the intersection of all nullspaces. Races weigh alike, so that a rare one counts as much
    as a frequent one, and rounds end early only where the classifier gains no more over chance than it would, in 99 of
    100 cases, among features that hold nothing.
    """

    family = "erasure"
    source = "Ravfogel et al., ACL 2020 (arXiv:2004.07667)"
    year = 2020
    deviations = "logistic regression of balanced classes for the SVM; rounds end by likelihood, not by accuracy"

    rounds: int = tunable(10, low=1, high=100, log=True, help="how many classifiers are projected out at most")

    def erase(self, features: Tensor, groups: Tensor, targets: Tensor) -> Tensor:
        """Q Qᵀ, with Q a basis of the rows of all classifiers."""
        # One number for all columns makes the ridge independent of the features' scale, and leaves angles alone.
        centred = features - features.mean(0)
        x = centred / centred.square().mean().sqrt().clamp(min=1e-300)
        q = x.new_zeros(x.shape[1], 0)
        for _ in range(self.rounds):
            rows = _classifier(x - x @ q @ q.T, groups)
            if rows is None:
                break
            rows = rows - q @ (q.T @ rows)
            q = torch.cat([q, basis(rows, rows.norm())], dim=1)
        return q @ q.T


def _classifier(x: Tensor, groups: Tensor) -> Tensor | None:
    """Coefficients ``(D, K)``, or ``(D, 1)`` of two groups; None where they tell groups no better than chance would."""
    features, labels = x.cpu().numpy(), groups.cpu().numpy()
    fit = LogisticRegression(C=1.0, class_weight="balanced", max_iter=2000).fit(features, labels)
    probabilities = torch.from_numpy(fit.predict_proba(features))
    groups = torch.searchsorted(torch.from_numpy(fit.classes_), groups)
    losses = -probabilities.gather(1, groups[:, None]).clamp(min=1e-300).log().squeeze(1)
    classes = len(fit.classes_)
    balanced = torch.stack([losses[groups == code].mean() for code in range(classes)]).mean()
    # Twice what is gained from noise, in nats, has nearly this distribution over the harmonic mean of sizes times K.
    noise = chi2.ppf(0.99, (classes - 1) * x.shape[1]) / 2 * float((1.0 / groups.bincount()).mean()) / classes
    return torch.from_numpy(fit.coef_.T) if math.log(classes) - float(balanced) > noise else None
