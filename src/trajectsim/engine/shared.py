"""What youths share, as arrays: places and who waits for them, levels of effects, what friends show.

`Shared` is what the kernel reads and writes while a youth lives a month; `Town` is what the phases between read. A
plain run has everything empty (`nothing_shared`); the kernel then behaves as if it did not exist.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trajectsim.engine.households import Households
from trajectsim.engine.network import Network

__all__ = [
    "ANSWERS",
    "BUDGET",
    "POOL",
    "TEAM",
    "Shared",
    "Town",
    "nothing_shared",
]


def _record(whole: str, real: str = "", words: str = "") -> np.dtype[Any]:
    fields = [(n, np.int64) for n in whole.split()] + [(n, np.float64) for n in real.split()]
    return np.dtype([*fields, *((n, np.uint64) for n in words.split())])


ANSWERS = ("asked", "granted", "taken", "refused", "passed_on", "left", "cancelled", "not_selected", "no_money")
"""What can become of a request, in the order of the ledger's reasons of a provision."""

ASKED, GRANTED, TAKEN, REFUSED, PASSED_ON, LEFT, CANCELLED, NOT_SELECTED, NO_MONEY = range(len(ANSWERS))

OPEN, DECIDED, FOLLOWS, GRANT = 0, 1, 2, 4
"""Bits of a request's phase: decided upon; asked for by a consequence, not by the exit itself; granted this month."""
PAYER_SHIFT = 3
"""Above them stands the pooled budget that pays for what was asked + 1, 0 the law's; both end with the request."""

FIRST_COME, LOTTERY, NEED = range(3)
ALWAYS = 4095
"""All twelve months of the year, one bit each."""

POOL = _record(
    "domain row unit_first units order intake decides asks_always need_begin need_end wait_begin wait_end "
    "refused_begin refused_end passed_begin passed_end uptake start first_month picked unsuited suited rule",
    "capacity patience decide refused passed_on tolerance forget cycle arrivals leave sensitivity specificity "
    "pressure",
    "salt",
)
"""Per provision: its domain and row of requests; its units; order of service; months of intake (bits); whether
requests are decided upon, and are made even where places abound; ranges of latents' weights and jumps; for a programme
its uptake exit (-1), first month, number admitted in it, rows of the flags of who was picked and who is unsuited,
condition of the suited, and rule (0 all, 1 mark, 2 judgement). `capacity` per unit (infinite where nothing is scarce);
chances per step to leave the queue, be decided, refused, passed on; incidents a unit tolerates, and forgets per step;
change of open places per unit of the cycle; others who ask per step, and leave per step; sensitivity, specificity and
pressure of a selection."""

TEAM = _record(
    "domain level first_slot slots roles_begin roles_end jump_begin jump_end", "turnover learn novice shape", "salt"
)
"""Per programme whose effects vary: its domain, the level of its effects, its coaches, the hours of its roles, jumps of
latents of the youths whose coach leaves; chance per step that a coach leaves, share of the way to full experience
learnt per step, strength of a newcomer, and the power that turns hours and experience into strength."""

BUDGET = _record("pooled open cap opener_begin opener_end")
"""Per budget: whether it pools; whether it is open in this arm; cents a year (-1: no cap); the programmes whose
participants it serves (none: everybody)."""

U8 = npt.NDArray[np.uint8]
I16 = npt.NDArray[np.int16]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Records = npt.NDArray[Any]


class Shared(NamedTuple):
    """What the kernel itself looks at. P provisions, U units, Q domains with requests, N youths, E events."""

    state_pool: I64  # [G] provision of each state, -1 none; [0] where nothing is shared
    domain_row: I64  # [D] row of requests of each domain, -1 none
    failures: I64  # [K+F+C, P] incidents that leaving a provision for a reason counts for, in units of 1 / NUMBER_ONE
    incidents: npt.NDArray[np.uint64]  # [E] provisions for whose units an event is an incident, one bit each
    event_row: I64  # [E] row of `last` that remembers an event, -1 none
    answers: I64  # [10] event of each of ANSWERS, -1 none; last: the coach left
    at_answers: I64  # [1] place of the provisions' answers among the ledger's reasons
    waiting_row: I64  # [P] slow row of the trait that says one waits, -1 none
    level_flag: I64  # [levels] row of the flag that says for whom the next level counts instead, -1 none
    level: F64  # [levels] strength of effects this month; 0 the business cycle
    ask: I64  # [P] this month: 0 places abound, 1 a place must be asked for, 2 closed
    wait: I16  # [Q, N] reason of the request + 1, 0 none
    since: I16  # [Q, N] step of the request
    phase: U8  # [Q, N] bits of the request, and the budget that pays
    target: U8  # [Q, N] state asked for
    unit: I32  # [Q, N] unit that holds the place, -1 none
    payer: U8  # [Q, N] pooled budget that pays for the place held + 1, 0 the law's
    last: I16  # [remembered events, N] step of the last one
    freed: I32  # [U] places given up this month, by a chunk of youths
    trouble: I64  # [U] incidents this month, by a chunk, in the same units: their sum does not hang on its order


class Town(NamedTuple):
    """What the phases between look at, and what they keep. B budgets, L laws, S signals, H households, T steps."""

    # Settings: the same for a whole run
    first_of: I64  # [Q] first state, over all domains, of each domain with requests
    domain_of: I64  # [Q] domain of each row of requests
    pools: Records  # [P] POOL
    teams: Records  # [K] TEAM
    budgets: Records  # [B] BUDGET
    latent_of: I64  # latents of weights and jumps
    weight: F64  # weights of need (per whole latent), jumps in 2**-30
    law_conditions: I64  # [L]
    law_spans: I64  # [P, L, 2] ages in steps at which a provision falls under a law
    law_budget: I64  # [L] budget of each law, -1 none
    opener_domain: I64  # domains of the programmes that opened budgets
    tariff: I64  # [B, P] cents per step, -1: not bought from this budget
    role_hours: F64  # [roles, 4] hours per step needed outside, enrolled, in aftercare, ended
    role_given: F64  # [roles] hours per step there are
    unsuited: F64  # [teams] what effects count for in the unsuited
    unit_all_year: U8  # [U] whether a unit admits in all months
    unit_places: F64  # [U] places of a unit at a level business cycle
    unit_part: F64  # [U] a keyed fraction, added before they are rounded down
    cycle: F64  # [3] amplitude, period and phase in steps
    runs: I64  # [D] whether a programme's domain belongs to one that runs in this arm
    leaving: I64  # domains in which somebody can leave the model
    start_pool: I64  # [Q] programme that admits many at once in its first month, -1 none
    signal_domain: I64  # [S] domain of a signal's states, -1: an event
    signal_mask: npt.NDArray[np.uint64]  # [S] states, one bit each
    signal_last: I64  # [S] row of `last`, or -1
    signal_steps: I64  # [S] steps for which an event shows
    signal_row: I64  # [1] slow row of the first signal's trait; the others follow
    signal_usual: F64  # [S]
    signal_counted: U8  # [S] 1: the number of friends who show it, 0: their share less the usual one
    network: Network
    homes: Households
    helper_domains: I64  # domains with helpers in some state; [0] where nobody counts them
    helper_table: I32  # [those, 64] helpers per state, in units of 1 / NUMBER_ONE
    helper_home: I64  # [2] helpers for the rest of the household, and how many it can bear, in the same units
    helper_row: I64  # [1] slow row of the number of helpers
    home_drift: I64  # [latents] drift per helper too many (2**-30)
    home_share: I64  # [latents] share of the way to the household's mean per step (2**-30)
    # What changes from month to month
    here: U8  # [N] whether a youth is in the model
    shown: npt.NDArray[np.uint16]  # [N] what a youth shows, one bit a signal
    filled: I64  # [U] places taken, by youths and others
    memory: F64  # [U] incidents remembered
    others: I64  # [U] others who hold a place
    others_waiting: I64  # [P, T+1] others who wait, by step of asking
    others_from: I64  # [P] first step of which some still wait
    spent: I64  # [B] cents spent in this year
    out: I64  # [B] first step of this year without money for a request, -1 none
    slot_left: U8  # [slots] whether a coach leaves this month
    slot_skill: F64  # [slots] experience, from the newcomer's strength to 1
    queue: I64  # [N*Q] requests to serve: youth x Q + row of requests, from each chunk's first on
    queued: I64  # [chunks, 2] how many of them, and how many youths to seat from the end of the chunk's part
    holders: I64  # [chunks, P, B+1] youths who hold a place by budget that pays (last: none)
    all_freed: I32  # [chunks, U]
    all_trouble: I64  # [chunks, U]
    order: I64  # [N*Q] room to sort in
    rank: npt.NDArray[np.uint64]  # [N*Q] room to sort in
    room: I64  # [U] places that a unit fills this month: none where it is closed
    open_units: I64  # [U] room to list units in
    free_of: I64  # [U] room for their free places
    granted: U8  # [blocks] whether somebody in a block was granted a place
    kept: I64  # [T, P, 10] see KEPT
    paid: I64  # [T, B, 2] cents, and requests without money
    worked: F64  # [T, teams, 4] hours needed, hours given, strength, coaches who left


KEPT = (
    *("waiting", "granted", "steps_waited", "others_asked", "others_granted", "others_steps_waited"),
    *("open", "filled", "closed", "unsuited"),
)
"""What is kept of every provision and month: youths waiting at its end; granted, and the steps those waited; the same
of others; places of all units, open or closed; places taken at its end; units that take nobody because of incidents;
granted to who is not suited by the programme's own rule."""


@lru_cache(maxsize=8)
def nothing_shared(levels: int = 1) -> Shared:
    """Return the empty world: arrays without elements, except the levels: no business cycle, programmes in full."""
    u8, i16, i32, i64, u64 = np.uint8, np.int16, np.int32, np.int64, np.uint64
    e = np.zeros
    return Shared(
        state_pool=e(0, i64), domain_row=e(0, i64), failures=e((0, 0), i64), incidents=e(0, u64), event_row=e(0, i64),
        answers=e(0, i64), at_answers=e(1, i64), waiting_row=e(0, i64),
        level_flag=np.full(levels, -1, i64), level=np.array([0.0] + [1.0] * (levels - 1)), ask=e(0, i64),
        wait=e((0, 0), i16), since=e((0, 0), i16),
        phase=e((0, 0), u8), target=e((0, 0), u8), unit=e((0, 0), i32), payer=e((0, 0), u8), last=e((0, 0), i16),
        freed=e(0, i32), trouble=e(0, i64),
    )  # fmt: skip
