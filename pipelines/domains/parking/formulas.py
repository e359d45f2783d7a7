"""Formulas of parking, pure. Rates are per minute, times in minutes, chances from 0 to 1.

Sources: turnover, mean stay and utilisation as in parking studies (V vehicles, S bays, T hours, D hours each).
Two-state chain and M/M/c/c: standard Markov theory; M/M/c/c on occupancy alone is used by Xiao, Lou and Frisby, Transp.
Res. B 112 (2018) 19-39. Uniformisation: Jensen (1953). Erlang B by its stable recursion.
"""

import math
from functools import lru_cache

TAIL = 1e-7
"""Poisson mass that uniformisation leaves out."""

SETTLED_STEPS = 600.0
"""Beyond so many events of the whole system its past is forgotten; and exp(-steps) is not a number much further on."""

SHARED_MIN = 30.0
"""Horizons up to this share one chain."""


def turnover_per_bay(sessions: float, bays: float) -> float:
    """Vehicles per bay in the period, V / S."""
    return sessions / bays


def turnover_per_bay_hour(sessions: float, bays: float, hours: float) -> float:
    """Vehicles per bay and hour, V / (S T)."""
    return sessions / (bays * hours)


def utilisation(sessions: float, mean_stay_h: float, bays: float, hours: float) -> float:
    """Share of the bay-hours that was used, V D / (S T)."""
    return sessions * mean_stay_h / (bays * hours)


def bay_free_chance(arrivals: float, departures: float, minutes: float, *, occupied: bool) -> float:
    """P(free) of one bay ``minutes`` from now, by the two-state Markov chain.

    ``arrivals``: 1 / mean gap while free; ``departures``: 1 / mean stay while occupied. Their sum is above 0.
    """
    total, settled = two_state(arrivals, departures)
    now = 0.0 if occupied else 1.0
    return settled + (now - settled) * math.exp(-total * minutes)


def two_state(arrivals: float, departures: float) -> tuple[float, float]:
    """Of the same chain: how fast it forgets, per minute, and P(free) in the long run."""
    total = arrivals + departures
    return total, departures / total


def erlang_b(bays: int, load: float) -> float:
    """Share of time in which all of ``bays`` are taken; ``load`` in Erlang, arrivals times mean stay."""
    blocked = 1.0
    for taken in range(1, bays + 1):
        blocked = load * blocked / (taken + load * blocked)
    return blocked


@lru_cache(maxsize=4_096)
def lot_free_chance(bays: int, taken: int, arrivals: float, departures: float, minutes: float) -> float:
    """P(a bay is free) ``minutes`` from now in an M/M/c/c system of which ``taken`` bays are taken now.

    ``arrivals``: to the whole system while a bay is free; ``departures``: of one taken bay. By uniformisation: the sum
    over k of Poisson(k; rate t) times the chance after k steps of the chain that is looked at ``rate`` times a minute.
    Kept for a while: rates hold for an hour, and in it a street comes back to the same few numbers of cars.
    """
    rate = arrivals + bays * departures
    steps = rate * minutes
    if steps > SETTLED_STEPS:
        return 1 - erlang_b(bays, arrivals / departures)
    weights = _poisson(steps)
    length = len(weights) if minutes > SHARED_MIN else len(_poisson(rate * SHARED_MIN))
    chain = _chain(bays, arrivals / rate, departures / rate, length)
    return sum([weight * after[taken] for weight, after in zip(weights, chain, strict=False)])


@lru_cache(maxsize=1_024)
def _poisson(mean: float) -> tuple[float, ...]:
    """Chances of 0, 1, 2 … events, up to where all but TAIL is said."""
    weights = [math.exp(-mean)]
    said = weights[0]
    while 1 - said > TAIL and len(weights) < mean + 40 * math.sqrt(mean + 1):
        weights.append(weights[-1] * mean / len(weights))
        said += weights[-1]
    return tuple(weights)


@lru_cache(maxsize=128)
def _chain(bays: int, up: float, down: float, steps: int) -> tuple[tuple[float, ...], ...]:
    """P(free) after 0 to ``steps`` steps, by number of taken bays now. ``down``: chance that one given car leaves.

    Kept for a while: a street's rates hold for an hour, and street and guidance ask for the same.
    """
    leaving = [taken * down for taken in range(bays + 1)]
    staying = [1 - up - share for share in leaving]
    staying[bays] += up  # nobody arrives at a full street
    now = [1.0] * bays + [0.0]
    chain = [tuple(now)]
    for _ in range(steps):
        fewer, more = [0.0, *now], [*now[1:], 0.0]  # beyond a full street there is nothing to arrive at
        now = [s * v + d * f + up * m for s, v, d, f, m in zip(staying, now, leaving, fewer, more, strict=False)]
        chain.append(tuple(now))
    return tuple(chain)
