"""M/M/c/c: arrivals by a Poisson process at c places, exponential stays, whoever finds all taken goes away.

Source: Erlang's loss system in any queueing text, e.g. Gross and Harris, Fundamentals of Queueing Theory, 2.5;
transient law by uniformisation (Jensen 1953).

Laws: rates are per minute; a state is the number of places taken, 0 to c.
"""

import math
from collections.abc import Sequence

SMALLEST_WEIGHT = 1e-12
MOST_JUMPS = 300.0
"""Expected jumps of one series: e to the minus that is still a double; longer spans are walked in parts."""


def erlang_b(places: int, offered: float) -> float:
    """Share of arrivals that find all places taken; ``offered`` is arrivals times mean stay. Recursion of Erlang B."""
    blocked = 1.0
    for place in range(1, places + 1):
        blocked = offered * blocked / (place + offered * blocked)
    return blocked


def stationary(places: int, offered: float) -> list[float]:
    """Chance of each number of taken places in the long run: a Poisson law cut off at ``places``."""
    weights = [1.0]
    for taken in range(1, places + 1):
        weights.append(weights[-1] * offered / taken)
    total = sum(weights)
    return [weight / total for weight in weights]


def expected_later(
    now: Sequence[float], *, arrivals_per_min: float, mean_stay_min: float, minutes: float
) -> list[float]:
    """Mean of ``now[state]`` after ``minutes``, for each state that one may start from.

    ``now`` is a function of the state at the end, such as 1 where a place is free; applied twice, time goes on.
    """
    places = len(now) - 1
    leave = 1 / mean_stay_min
    fastest = arrivals_per_min + places * leave
    while fastest * minutes > MOST_JUMPS:
        part_min = MOST_JUMPS / fastest
        now = expected_later(now, arrivals_per_min=arrivals_per_min, mean_stay_min=mean_stay_min, minutes=part_min)
        minutes -= part_min
    weight = math.exp(-fastest * minutes)
    vector = list(now)
    later = [weight * value for value in vector]
    done, step = weight, 0
    jump = _Jump(places, arrivals_per_min / fastest, leave / fastest)
    while done < 1 - SMALLEST_WEIGHT and step < 10 * MOST_JUMPS:
        step += 1
        vector = jump.once(vector)
        weight *= fastest * minutes / step
        done += weight
        later = [sum_ + weight * value for sum_, value in zip(later, vector, strict=True)]
    return [value / done for value in later]  # the series was cut where its weights were all but 1


class _Jump:
    """The uniformised chain; ``arrive`` and ``leave`` (of one place) are chances of a jump."""

    def __init__(self, places: int, arrive: float, leave: float) -> None:
        self._up = [arrive] * places + [0.0]
        self._down = [state * leave for state in range(places + 1)]
        self._stay = [1 - up - down for up, down in zip(self._up, self._down, strict=True)]

    def once(self, vector: list[float]) -> list[float]:
        """The mean of the vector after one jump, from each state."""
        above = [*vector[1:], 0.0]
        below = [0.0, *vector[:-1]]
        return [
            stay * value + up * more + down * less
            for stay, value, up, more, down, less in zip(
                self._stay, vector, self._up, above, self._down, below, strict=True
            )
        ]
