"""Luck looks like chance along every key that can vary: even, unrelated from one key to the next, and never repeated.

Every test looks at numbers that are the same on every machine, so it passes or fails for good. Perfect luck would have
failed a test (a family of p-values) with chance 1e-4, and any of the 35 in this file with chance 0.004: each p-value
must stay above 1e-4 / (number of p-values in its family), both tails together (too even is no chance either).
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from trajectsim.engine.luck import bits, mix, purpose, run_key, salt, uniforms, youth_key, youth_keys

ERROR = 1e-4
"""Highest chance that a family of tests would reject perfect luck."""

N = 1 << 15
U64 = np.uint64
Words = npt.NDArray[np.uint64]
SCRAMBLE: Callable[[Words], Words] = getattr(mix, "py_func", mix)
GOLD = U64(0x9E3779B97F4A7C15)


def accepts(p_values: list[float]) -> bool:
    """Whether a family of p-values is what chance would give, at the stated error rate."""
    p = np.array(p_values)
    return bool(p.min() > ERROR / (2 * len(p)) and p.max() < 1 - ERROR / (2 * len(p)))


def chi_square(counts: npt.NDArray[np.int64]) -> float:
    """The p-value of equal chances for all cells."""
    return float(stats.chisquare(counts.ravel()).pvalue)


def together(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], cells: int = 16) -> float:
    """The p-value that two series of whole numbers below `cells` are even and unrelated."""
    return chi_square(np.bincount(a * cells + b, minlength=cells * cells))


def top(u: npt.NDArray[np.float64], cells: int = 16) -> npt.NDArray[np.int64]:
    return (u * cells).astype(np.int64)


def key_of(seed: int = 1, draw: int = 0, replicate: int = 0, youth: int = 0) -> Words:
    return youth_keys(run_key(seed, draw, replicate), np.array([youth], np.int64))


YOUTHS = youth_keys(run_key(1, 0, 0), np.arange(N, dtype=np.int64))
FEW = 4096


def along_youths() -> npt.NDArray[np.float64]:
    return uniforms(YOUTHS, 0, "test")


def along_steps() -> npt.NDArray[np.float64]:
    return np.concatenate([uniforms(YOUTHS[:32], t, "test") for t in range(-40, 984)]).reshape(-1, 32).T.ravel()


def along_purposes() -> npt.NDArray[np.float64]:
    return np.concatenate([uniforms(YOUTHS[:32], 5, f"purpose {i}") for i in range(1024)]).reshape(-1, 32).T.ravel()


def along_candidates() -> npt.NDArray[np.float64]:
    return (
        np.concatenate([uniforms(YOUTHS[:1024], 5, "test", count) for count in range(32)]).reshape(-1, 1024).T.ravel()
    )


def along_runs(varied: str) -> npt.NDArray[np.float64]:
    keys = [key_of(**{varied: i})[0] for i in range(FEW)]
    return uniforms(np.array(keys, np.uint64), 5, "test")


SERIES: dict[str, Callable[[], npt.NDArray[np.float64]]] = {
    "youths": along_youths,
    "steps": along_steps,
    "purposes": along_purposes,
    "candidates": along_candidates,
    "seeds": lambda: along_runs("seed"),
    "draws": lambda: along_runs("draw"),
    "replicates": lambda: along_runs("replicate"),
}


@pytest.fixture(scope="module")
def series() -> dict[str, npt.NDArray[np.float64]]:
    """One long series of numbers along each key, neighbours next to each other."""
    return {name: make() for name, make in SERIES.items()}


def evenness(u: npt.NDArray[np.float64]) -> list[float]:
    """The p-values of an even spread as a whole, in the upper eight bits and in the lower eight of 53."""
    low = ((u * 2**53).astype(np.uint64) & U64(0xFF)).astype(np.int64)
    return [
        float(stats.kstest(u, "uniform").pvalue),
        chi_square(np.bincount(top(u, 256), minlength=256)),
        chi_square(np.bincount(low, minlength=256)),
    ]


def serial(u: npt.NDArray[np.float64], lag: int) -> list[float]:
    """The p-values of no relation between numbers `lag` places apart: pairs of sixteenths, correlation, differences."""
    a, b = u[:-lag], u[lag:]
    return [
        together(top(a), top(b)),
        float(stats.pearsonr(a, b).pvalue),
        chi_square(np.bincount(top((a - b) % 1.0, 256), minlength=256)),
    ]


@pytest.mark.parametrize("name", SERIES)
def test_numbers_are_even(series: dict[str, npt.NDArray[np.float64]], name: str) -> None:
    u = series[name]
    assert u.min() >= 0 and u.max() < 1
    p = evenness(u)
    assert accepts(p), p


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("lag", [1, 2, 7])
def test_neighbours_are_unrelated(series: dict[str, npt.NDArray[np.float64]], name: str, lag: int) -> None:
    p = serial(series[name], lag)
    assert accepts(p), p


def test_poor_luck_is_found_out() -> None:
    """The same tests refuse poor luck: an even lattice, a multiplication without scrambling, a small lean."""
    i = np.arange(N, dtype=np.uint64)
    lattice = ((i * GOLD) >> U64(11)) * 2.0**-53
    multiplied = (((i * i * GOLD) ^ (i * GOLD >> U64(7))) >> U64(11)) * 2.0**-53
    assert not accepts(evenness(lattice))
    assert not accepts(serial(lattice, 1))
    assert not accepts(serial(multiplied, 1))
    assert not accepts(evenness(along_youths() ** 1.05))


def pairs() -> Iterator[tuple[str, npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Two numbers of the same youths that must have nothing to do with each other."""
    ids = np.arange(N, dtype=np.int64)
    here = uniforms(YOUTHS, 3, "one")
    yield "next youth, far away", here, uniforms(youth_keys(run_key(1, 0, 0), ids + (1 << 32)), 3, "one")
    yield "next step", here, uniforms(YOUTHS, 4, "one")
    yield "a year later", here, uniforms(YOUTHS, 15, "one")
    yield "before the start", here, uniforms(YOUTHS, -3, "one")
    yield "another purpose", here, uniforms(YOUTHS, 3, "two")
    yield "next candidate", here, uniforms(YOUTHS, 3, "one", 1)
    for name, run in (
        ("seed", run_key(2, 0, 0)),
        ("draw", run_key(1, 1, 0)),
        ("replicate", run_key(1, 0, 1)),
        ("traits", run_key(1, -1, 0)),
        ("draw and replicate swapped", run_key(1, 0, 2)),
    ):
        yield f"another {name}", here, uniforms(youth_keys(run, ids), 3, "one")


def test_other_keys_give_unrelated_luck() -> None:
    p = []
    for _, a, b in pairs():
        assert (a != b).all()
        p += [
            together(top(a), top(b)),
            float(stats.pearsonr(a, b).pvalue),
            float(stats.kstest((a - b) % 1.0, "uniform").pvalue),
        ]
    assert accepts(p), p


def lanes(words: Words) -> npt.NDArray[np.int64]:
    """The four 16-bit lanes of each word, [4, N]."""
    return np.stack([((words >> U64(16 * j)) & U64(0xFFFF)).astype(np.int64) for j in range(4)])


def month(t: int, word: int = 0) -> Words:
    """The kernel's words of one month: a lane of 16 bits for each of four domains."""
    return SCRAMBLE(YOUTHS ^ U64(salt(t, purpose(f"lanes {word}"), 0)))


def test_lanes_are_even_and_unrelated() -> None:
    here, later, second = lanes(month(0)), lanes(month(1)), lanes(month(0, 1))
    p = []
    for j in range(4):
        p += [
            chi_square(np.bincount(here[j] >> 8, minlength=256)),
            chi_square(np.bincount(here[j] & 255, minlength=256)),
        ]
        p += [together(here[j] >> 12, later[j] >> 12), together(here[j] >> 12, second[j] >> 12)]
        p += [together(here[j, :-1] >> 12, here[j, 1:] >> 12)]
        for k in range(j):
            p += [
                together(here[j] >> 12, here[k] >> 12),
                together(here[j] >> 12, here[k] & 15),
                together(here[j] & 15, here[k] & 15),
            ]
    assert accepts(p), p


def test_low_lanes_say_nothing_about_what_is_drawn_next() -> None:
    """Whoever has a candidate (a low lane) has ordinary luck in how many, which and whether accepted."""
    t, n = 3, np.arange(1 << 18, dtype=np.int64)
    keys = youth_keys(run_key(1, 0, 0), n)
    low = lanes(SCRAMBLE(keys ^ U64(salt(t, purpose("lanes 0"), 0))))[1] < 4096
    chosen = keys[low]
    refine, pick = U64(salt(t, purpose("refine work"), 0)), U64(salt(t, purpose("pick work"), 0))
    refined = SCRAMBLE(chosen ^ refine) >> U64(16)
    first, second = SCRAMBLE(chosen ^ pick), SCRAMBLE(chosen ^ (pick + GOLD))
    p = [float(stats.binomtest(int(low.sum()), len(keys), 4096 / 65536).pvalue)]
    parts = [(refined >> U64(44)).astype(np.int64)]
    for word in (first, second):
        parts += [(word >> U64(60)).astype(np.int64), ((word >> U64(28)) & U64(15)).astype(np.int64)]
    for a in range(len(parts)):
        p += [chi_square(np.bincount(parts[a], minlength=16))] + [together(parts[a], parts[b]) for b in range(a)]
    assert accepts(p), p


def test_every_bit_of_a_key_changes_half_of_the_bits() -> None:
    n = 4096
    keys = youth_keys(run_key(3, 0, 0), np.arange(n, dtype=np.int64))
    before, share = SCRAMBLE(keys), np.empty((64, 64))
    for b in range(64):
        changed = before ^ SCRAMBLE(keys ^ (U64(1) << U64(b)))
        share[b] = [float(((changed >> U64(o)) & U64(1)).sum()) / n for o in range(64)]
    error = 0.5 / np.sqrt(n)
    limit = stats.norm.isf(ERROR / (2 * share.size)) * error
    assert np.abs(share - 0.5).max() < limit
    assert abs(share.mean() - 0.5) < 4 * error / 8


def test_a_small_step_in_any_key_changes_half_of_the_bits() -> None:
    """Neighbouring youths, steps, purposes and candidates differ in few bits of their keys, not of their luck."""
    lane = U64(salt(0, purpose("lanes 0"), 0))
    now = SCRAMBLE(YOUTHS ^ lane)
    others = [
        SCRAMBLE(YOUTHS ^ U64(salt(1, purpose("lanes 0"), 0))),
        SCRAMBLE(YOUTHS ^ U64(salt(0, purpose("lanes 0") ^ U64(1), 0))),
        SCRAMBLE(YOUTHS ^ U64(salt(0, purpose("lanes 0"), 1))),
        np.roll(now, 1),
    ]
    for other in others:
        flipped = np.bitwise_count(now ^ other).astype(float)
        assert abs(flipped.mean() - 32) < 4 * 4 / np.sqrt(N)  # 64 fair coins: mean 32, standard deviation 4
        assert abs(flipped.std() - 4) < 0.1


def test_nothing_is_repeated() -> None:
    """A quarter of a million words from nearby keys of all kinds are all different (a repeat: 2 in a billion)."""
    words = []
    for replicate in range(4):
        keys = youth_keys(
            run_key(1, 0, replicate),
            np.concatenate([np.arange(128), (1 << 32) + np.arange(64), (1 << 40) + np.arange(64)]),
        )
        for t in range(-2, 14):
            for name in ("lanes 0", "lanes 1", "refine work", "pick work"):
                words += [SCRAMBLE(keys ^ U64(salt(t, purpose(name), count))) for count in range(4)]
    every = np.concatenate(words)
    assert len(np.unique(every)) == len(every) == 4 * 256 * 16 * 4 * 4


def test_no_two_people_and_no_two_runs_share_a_key() -> None:
    runs = {
        int(run_key(seed, draw, replicate)) for seed in range(12) for draw in range(-1, 12) for replicate in range(12)
    }
    assert len(runs) == 12 * 13 * 12
    ids = np.concatenate([np.arange(20_000), (1 << 32) + np.arange(20_000), (1 << 40) + np.arange(20_000)])
    assert len(np.unique(youth_keys(run_key(1, 0, 0), ids))) == len(ids)


def test_numbers_follow_from_keys_alone() -> None:
    """The compiled path, the plain one and one number at a time agree, in any order and any subset."""
    order = np.argsort(YOUTHS[:1000])
    whole = uniforms(YOUTHS[:1000], 9, "test", 2)
    assert (uniforms(YOUTHS[:1000][order], 9, "test", 2) == whole[order]).all()
    assert (uniforms(YOUTHS[250:750], 9, "test", 2) == whole[250:750]).all()
    word = salt(9, purpose("test"), 2)
    with np.errstate(over="ignore"):
        assert float(int(bits(YOUTHS[3], U64(word))) >> 11) * 2.0**-53 == whole[3]
        assert int(youth_key(run_key(1, 0, 0), 3)) == int(YOUTHS[3])
    assert ((SCRAMBLE(YOUTHS[:1000] ^ U64(word)) >> U64(11)) * 2.0**-53 == whole).all()


def test_known_values_never_change() -> None:
    """A change here changes every result ever published with a seed."""
    keys = youth_keys(run_key(1, 2, 3), np.array([0, 4], np.int64))
    assert [int(k) for k in keys] == [13885584270462061405, 17163216023867236105]
    assert [float(u).hex() for u in uniforms(keys, 5, "test", 6)] == ["0x1.eb5b11f5b7830p-2", "0x1.37523fabe536ap-2"]
