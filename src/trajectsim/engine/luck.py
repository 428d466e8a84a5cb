"""Luck is a function, not a stream: a random number is a hash of who, when and what for.

The keys are (seed, draw, replicate, youth, step, purpose, candidate number); the arm is never among them, so a youth
meets the same luck in every arm. Traits leave out the draw. The hash is a two-multiplication 64-bit finaliser applied
to well-mixed keys; its uniformity and independence are tested in `tests/statistics`.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from trajectsim.engine.jit import compiled, rule

__all__ = ["bits", "mix", "purpose", "run_key", "salt", "uniform", "uniforms", "youth_key", "youth_keys"]

U64 = np.uint64
_M1 = U64(0x3C79AC492BA7B653)
_M2 = U64(0x1C69B3F74AC4AE35)
_S27 = U64(27)
_S33 = U64(33)
_S11 = U64(11)
_STEP = U64(0x9E3779B97F4A7C15)
_PURPOSE = U64(0xD1B54A32D192ED03)
_COUNT = U64(0x8CB92BA72F3D8DD7)
_START = U64(0x2545F4914F6CDD1D)
_UNIT = 2.0**-53


@rule
def mix(z: np.uint64) -> np.uint64:
    """Return a bijective scramble of 64 bits: every input bit changes about half of the output bits."""
    z = (z ^ (z >> _S27)) * _M1
    z = (z ^ (z >> _S33)) * _M2
    return z ^ (z >> _S27)


@rule
def salt(step: int, purpose: np.uint64, count: int) -> np.uint64:
    """Return the part of a key that all youths share: step, purpose and candidate number."""
    return mix(_START + U64(step + 65536) * _STEP + purpose * _PURPOSE + U64(count) * _COUNT)


@rule
def bits(key: np.uint64, salted: np.uint64) -> np.uint64:
    """Return 64 random bits for a youth's key and a salt."""
    return mix(key ^ salted)


@rule
def uniform(word: np.uint64) -> float:
    """Return 64 bits as a number in [0, 1) with 53 random bits."""
    return float(word >> _S11) * _UNIT


def run_key(seed: int, draw: int, replicate: int) -> np.uint64:
    """Return the key of one run: the same for all arms. Traits use draw -1."""
    key = 0
    for part in (seed, draw, replicate):
        parts = f"{key}/{part}".encode()
        key = int.from_bytes(hashlib.blake2b(parts, digest_size=8).digest(), "little")
    return U64(key)


@rule
def youth_key(run: np.uint64, youth: int) -> np.uint64:
    """Return the key of a youth in a run."""
    return mix(run ^ (U64(youth + 1) * _COUNT))


@compiled
def _fill_keys(run: np.uint64, ids: np.ndarray, out: np.ndarray) -> None:
    for i in range(ids.shape[0]):
        out[i] = youth_key(run, ids[i])


@compiled
def _fill_uniforms(keys: np.ndarray, salted: np.uint64, out: np.ndarray) -> None:
    for i in range(keys.shape[0]):
        out[i] = uniform(bits(keys[i], salted))


def youth_keys(run: np.uint64, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Return the keys of many youths, shape of `ids`."""
    out = np.empty(len(ids), np.uint64)
    with np.errstate(over="ignore"):
        _fill_keys(run, np.ascontiguousarray(ids, np.int64), out)
    return out


def uniforms(keys: npt.NDArray[np.uint64], step: int, name: str, count: int = 0) -> npt.NDArray[np.float64]:
    """Return one uniform number per key for a named purpose, shape of `keys`."""
    out = np.empty(len(keys), np.float64)
    with np.errstate(over="ignore"):
        _fill_uniforms(keys, U64(salt(step, purpose(name), count)), out)
    return out


def purpose(name: str) -> np.uint64:
    """Return the number of a named purpose. It follows from the name alone, never from an order or a process."""
    return U64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little"))
