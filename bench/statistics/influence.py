"""From influence values to intervals: the variance of an estimate is the sum over patients of their squared influence.

A patient's influence is what the patient adds to the estimate beyond the rest (DeLong et al., 1988; by clusters,
Obuchowski, 1997), so that one formula serves all images, strata, and differences of two estimates on the same patients.
"""

from __future__ import annotations

import numpy as np

#: The standard normal's 97.5% quantile: a 95% interval is value ± Z standard errors.
Z = 1.959963984540054


def clustered_error(influence: np.ndarray) -> float:
    """The standard error: root of the summed squares of P patients' influence ``(P,)``, times P / (P - 1)."""
    patients = len(influence)
    return float(np.sqrt(patients / max(patients - 1, 1) * np.square(influence).sum()))


def interval(value: float, error: float) -> tuple[float, float]:
    """The 95% limits of an estimate with this standard error."""
    return value - Z * error, value + Z * error


def rate_interval(value: float, error: float) -> tuple[float, float]:
    """The 95% limits of a rate in (0, 1), symmetric in its log odds, so that they stay within 0 and 1."""
    odds = np.log(value / (1 - value))
    half = Z * error / (value * (1 - value))
    low, high = (float(1 / (1 + np.exp(-x))) for x in (odds - half, odds + half))
    return low, high
