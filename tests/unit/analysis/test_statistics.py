"""Statistics across draws and their Monte Carlo errors, against closed forms and repetition."""

import numpy as np
import pytest

from trajectsim.analysis.statistics import Resampler, ratio_summary, summary


def test_quantiles_and_sd_of_draw_means() -> None:
    values = np.repeat(np.arange(101.0)[:, None], 4, axis=1)
    found, errors = summary(values, Resampler.of(1, 101, 4))
    assert (found["mean"], found["p05"], found["p50"], found["p95"]) == (50, 5, 50, 95)
    assert found["sd"] == pytest.approx(np.arange(101).std(ddof=1))
    assert all(e == pytest.approx(0, abs=1e-12) for e in errors.values())


@pytest.mark.parametrize("shared", [False, True])
def test_error_of_the_mean_is_what_repetition_shows(shared: bool) -> None:
    luck = np.random.default_rng(5)
    n_draws, n = 20, 8
    level = luck.normal(size=(n_draws, 1))

    def study() -> np.ndarray:
        noise = luck.normal(size=(1 if shared else n_draws, n)) * 2
        return np.asarray(level + noise)

    resampler = Resampler.of(1, n_draws, n, shared)
    repeated = np.std([study().mean() for _ in range(2000)], ddof=1)
    stated = np.mean([resampler.error_of_mean(study()) for _ in range(200)])
    assert stated == pytest.approx(repeated, rel=0.1)
    found = [summary(study(), resampler) for _ in range(60)]
    medians = np.std([f[0]["p50"] for f in found], ddof=1)
    assert np.mean([f[1]["p50"] for f in found]) == pytest.approx(medians, rel=0.35)


def test_one_replicate_or_draw_leaves_errors_and_spread_undefined() -> None:
    found, errors = summary(np.ones((5, 1)), Resampler.of(1, 5, 1))
    assert found["mean"] == 1 and set(errors.values()) == {None}
    found, errors = summary(np.array([[1.0, 3.0]]), Resampler.of(1, 1, 2))
    assert found["sd"] is None and found["p95"] == 2 and errors["mean"] == pytest.approx(1.0)


def test_ratio_has_the_ratio_of_means_as_its_centre() -> None:
    above, below = np.array([[2.0, 2.0], [6.0, 6.0]]), np.array([[1.0, 1.0], [4.0, 4.0]])
    found, errors = ratio_summary(above, below, Resampler.of(1, 2, 2))
    assert found is not None and errors is not None
    assert found["centre"] == pytest.approx(8 / 5) and "mean" not in found and "sd" not in found
    assert found["p50"] == pytest.approx(1.75) and set(errors) == set(found)


def test_ratio_is_undefined_without_a_positive_denominator() -> None:
    nil, one = np.zeros((3, 2)), np.ones((3, 2))
    assert ratio_summary(one, nil, Resampler.of(1, 3, 2)) == (None, None)
    mixed = np.array([[5.0, 5.0], [-1.0, -1.0], [5.0, 5.0]])
    found, _ = ratio_summary(one, mixed, Resampler.of(1, 3, 2))
    assert found is not None
    assert found["centre"] == pytest.approx(1 / 3) and found["p50"] is None
    assert found["undefined"] == pytest.approx(1 / 3)
