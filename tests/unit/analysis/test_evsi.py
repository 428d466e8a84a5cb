"""The value of a study, against closed forms of normal and beta-binomial learning."""

import numpy as np
import pytest
from scipy.stats import betabinom, norm

from trajectsim.analysis.decision import Estimate, evpi
from trajectsim.analysis.evsi import counted, evsi_by_moments, evsi_by_regression, measured, sampling_benefit
from trajectsim.errors import UserError

N = 20000


def unit_loss(mean: float, sd: float) -> float:
    z = abs(mean) / sd
    return float(sd * (norm.pdf(z) - z * norm.sf(z)))


def against_nil(gain: np.ndarray) -> np.ndarray:
    return np.stack([np.zeros(len(gain)), gain], axis=1)


@pytest.mark.parametrize("n", [5, 50, 500])
def test_measuring_one_normal_parameter_by_regression(n: int) -> None:
    luck = np.random.default_rng(1)
    x, other = luck.normal(2, 3, N), luck.normal(0, 2, N)
    learned = 9 / np.sqrt(9 + 100 / n)  # sd of the posterior mean of x after n youths of sd 10
    found = evsi_by_regression(against_nil(x + other - 1.5), measured(x, 10, n, seed=1))
    assert found.value == pytest.approx(unit_loss(0.5, learned), abs=4 * found.error)
    assert found.error < 0.03


@pytest.mark.parametrize("n", [5, 50, 500])
def test_measuring_the_difference_itself_by_moments(n: int) -> None:
    gain = 0.5 + np.sqrt(13) * norm.ppf((np.arange(N) + 0.5) / N)
    learned = 13 / np.sqrt(13 + 100 / n)
    found = evsi_by_moments(against_nil(gain), [40.0, 60.0], n)
    assert found.value == pytest.approx(unit_loss(0.5, learned), rel=2e-3)
    same = evsi_by_regression(against_nil(gain), measured(gain, 10, n, seed=2))
    assert same.value == pytest.approx(found.value, abs=4 * same.error)


def test_counting_youths_against_the_beta_binomial() -> None:
    """Success has a beta(2, 3) chance p; net benefit 10 p - 4; the posterior mean after k of n is (2 + k) / (5 + n)."""
    n, p = 8, np.random.default_rng(3).beta(2, 3, N)
    k = np.arange(n + 1)
    after = 10 * (2 + k) / (5 + n) - 4
    exact = (betabinom.pmf(k, n, 2, 3) * np.maximum(after, 0)).sum() - 0.0
    found = evsi_by_regression(against_nil(10 * p - 4), counted(p, n, seed=4))
    assert found.value == pytest.approx(exact, abs=max(4 * found.error, 0.02))


def test_more_youths_are_worth_more_up_to_perfect_information() -> None:
    benefit = against_nil(np.random.default_rng(5).normal(1, 4, 400))
    values = [evsi_by_moments(benefit, [30.0, 30.0], n).value for n in (1, 10, 100, 10**7)]
    assert values == sorted(values) and values[-1] == pytest.approx(evpi(benefit).value, rel=1e-3)


def test_a_covariance_may_be_given_for_several_options() -> None:
    luck = np.random.default_rng(6)
    benefit = np.hstack([np.zeros((500, 1)), luck.normal(size=(500, 2))])
    apart = evsi_by_moments(benefit, [1.0, 2.0, 3.0], 10)
    whole = evsi_by_moments(benefit, [[3.0, 1.0], [1.0, 4.0]], 10)
    assert apart == whole


def test_net_benefit_of_sampling_and_the_best_size() -> None:
    worth = {10: 1.0, 20: 1.5, 40: 1.6}
    table = sampling_benefit(lambda n: Estimate(worth[n], 0.1), [10, 20, 40], youths=100, fixed=20, per_youth=2)
    assert table["net"].tolist() == [60, 90, 60] and table.loc[table["best"], "n"].tolist() == [20]
    poor = sampling_benefit(lambda n: Estimate(worth[n], 0.1), [10], youths=1, fixed=20)
    assert not poor["best"].any()


def test_two_options_that_never_differ_are_not_worth_a_study() -> None:
    assert evsi_by_moments(np.zeros((50, 2)), [1.0, 1.0], 10).value == 0


def test_simulated_outcomes_follow_from_the_seed() -> None:
    p = np.full(50, 0.3)
    assert (counted(p, 10, 1) == counted(p, 10, 1)).all() and (counted(p, 10, 1) != counted(p, 10, 2)).any()
    assert measured(p, 1.0, 4, 1).std() == pytest.approx(0.5, rel=0.3)


def test_a_study_of_nobody_is_refused() -> None:
    with pytest.raises(UserError, match="a study of 0 youths"):
        evsi_by_moments(np.zeros((50, 2)), [1.0, 1.0], 0)
