import numpy as np
import pytest

from bench.scoring.decodability.controls.sight import Limit
from bench.scoring.decodability.estimates import Design, Estimate
from bench.scoring.decodability.removal import Removal, Terms, blindness, claims
from bench.scoring.decodability.splits import Split
from bench.scoring.suites import V2


def estimate(value: float, error: float) -> Estimate:
    """An estimate with this standard error: many patients, so that n/(n - 1) is 1."""
    n = 100_000
    influence = np.full((1, n), error / np.sqrt(n))
    nobody, everyone = np.zeros(0, int), np.arange(n)
    return Estimate(np.array([value]), influence, Design(np.zeros(n, int), (Split(nobody, nobody, everyone),)))


def claimed(
    *probes: tuple[float, float],
    failed: tuple[str, ...] = (),
    unseen: str | None = None,
    terms: Terms = Terms(),  # noqa: B008
) -> tuple[Removal, ...]:
    made = {("features", str(i)): estimate(*probe) for i, probe in enumerate(probes)}
    return claims(made, made["features", "0"], failed, unseen, terms, V2)


def answers(*probes: tuple[float, float], **more: object) -> list[str]:
    return [claim.answer for claim in claimed(*probes, **more)]  # type: ignore[arg-type]


def test_granted_where_every_bound_is_below() -> None:
    assert V2.margins == (0.02, 0.03, 0.05)
    assert answers((0.5, 0.005), (0.51, 0.005)) == ["granted", "granted", "granted"]
    assert answers((0.5, 0.005), (0.515, 0.005)) == ["refused", "granted", "granted"]


def test_one_probe_that_may_read_it_refuses_the_claim_and_weak_ones_cannot_help() -> None:
    assert answers((0.5, 0.005), (0.56, 0.005))[-1] == "refused"
    assert answers(*[(0.5, 0.005)] * 6, (0.56, 0.005))[-1] == "refused"


def test_what_all_read_together_refuses_it_too() -> None:
    weak = {("features", "ridge"): estimate(0.5, 0.005)}
    assert [claim.answer for claim in claims(weak, estimate(0.545, 0.005), (), None, Terms(), V2)][-1] == "refused"


@pytest.mark.parametrize(
    ("error", "expected"), [(0.05 / 2.486 * 0.999, "granted"), (0.05 / 2.486 * 1.001, "underpowered")]
)
def test_power_is_80_percent(error: float, expected: str) -> None:
    # Φ(δ/se - 1.645) = .8 where δ/se = 1.645 + .842.
    assert answers((0.5, error))[-1] == expected


def test_too_few_patients_for_absence_may_be_enough_for_presence() -> None:
    assert answers((0.9, 0.05)) == ["refused"] * 3
    assert answers((0.55, 0.05)) == ["underpowered"] * 3


@pytest.mark.parametrize("flag", ["INSUFFICIENT", "BLIND", "CONTROL_LEAK", "BELOW_CHANCE", "BOTTLENECK"])
def test_a_failed_control_voids_what_would_be_granted_and_nothing_else(flag: str) -> None:
    assert answers((0.5, 0.005), failed=(flag,)) == ["unreliable"] * 3
    assert answers((0.5, 0.005), terms=Terms(raised=(flag,))) == ["unreliable"] * 3
    assert answers((0.7, 0.005), failed=(flag,)) == ["refused"] * 3
    assert flag in claimed((0.5, 0.005), failed=(flag,))[-1].reason


def test_flags_that_void_nothing() -> None:
    assert answers((0.5, 0.005), failed=("ILL_CONDITIONED", "NONLINEAR_GAP")) == ["granted"] * 3


def test_what_would_not_be_seen_is_not_taken_for_removed_and_the_answer_says_what() -> None:
    words = "a quadratic signal in features is seen from 0.720 on"
    assert answers((0.5, 0.005), unseen=words) == ["unseen"] * 3
    assert claimed((0.5, 0.005), unseen=words)[-1].reason == words
    assert answers((0.7, 0.005), unseen=words) == ["refused"] * 3
    assert answers((0.5, 0.05), unseen=words) == ["underpowered"] * 3


def test_of_a_network_that_does_not_diagnose_nothing_is_claimed() -> None:
    assert answers((0.5, 0.005), terms=Terms(lost=True)) == ["diagnosis lost"] * 3
    assert answers((0.9, 0.005), terms=Terms(lost=True)) == ["diagnosis lost"] * 3


def test_constant_features_have_no_error_at_all() -> None:
    assert answers((0.5, 0.0)) == ["granted"] * 3


def limit(kind: str, auroc: float | None, percentile: int = 1) -> Limit:
    return Limit(kind, percentile, auroc, 0.01, 24)  # type: ignore[arg-type]


def test_sight_is_asked_for_at_the_worst_percentile_of_every_layer() -> None:
    linear, quadratic = dict(V2.sight.asked)["linear"], dict(V2.sight.asked)["quadratic"]
    keen = [limit("linear", linear), limit("quadratic", quadratic), limit("linear", linear - 0.05, 99)]
    assert blindness({"features": keen, "outputs": keen}, (), V2) is None
    dull = [*keen, limit("quadratic", quadratic + 0.01, 50)]
    said = blindness({"features": keen, "outputs": dull}, (), V2)
    assert said is not None
    for words in ("quadratic", "outputs", f"{quadratic + 0.01:.3f}", "percentile 50", f"{quadratic:.2f} is asked"):
        assert words in said
    assert "features" not in said
    assert "above 0.80" in str(blindness({"features": [limit("linear", None)]}, (), V2))


def test_layers_that_nonlinear_probes_have_not_read_are_named() -> None:
    assert blindness({"features": []}, ["outputs", "block 3"], V2) == (
        "nonlinear probes have not read outputs and block 3"
    )


def test_constant_layers_hide_nothing() -> None:
    assert blindness({"features": []}, (), V2) is None
