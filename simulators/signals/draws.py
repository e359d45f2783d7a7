"""Random draws that the standard library lacks, and noise that is the same in whatever order it is asked for.

Law: nothing here remembers who asked before; a number is a function of its seed and its place.
"""

import math
import random

BLOCK = 64
MOST_BLOCKS = 4096
SMALL_MEAN = 25.0
"""Above this a Poisson draw is a sum of draws of this mean: exact, and exp(-mean) stays far from underflow."""
SMALLEST_CHANCE = 1e-18
"""Below this a chance adds nothing to a double near 1: the search is over."""


def poisson(rng: random.Random, mean: float) -> int:
    """A Poisson count with this mean, exact for any mean. Sequential search (Devroye 1986, chapter X.3.3)."""
    total = 0
    while mean > SMALL_MEAN:
        total += poisson(rng, SMALL_MEAN)
        mean -= SMALL_MEAN
    if mean <= 0:
        return total
    chance = math.exp(-mean)
    left = rng.random() - chance
    count = 0
    while left > 0:
        count += 1
        chance *= mean / count
        if chance < SMALLEST_CHANCE:
            break
        left -= chance
    return total + count


def gamma(rng: random.Random, mean: float, shape: float) -> float:
    """A gamma draw by its mean; variance is mean² / shape."""
    return rng.gammavariate(shape, mean / shape) if mean > 0 else 0.0


def lognormal(rng: random.Random, mean: float, sigma: float) -> float:
    """A lognormal draw by its mean (not its median) and the sigma of its logarithm."""
    return rng.lognormvariate(math.log(mean) - sigma * sigma / 2, sigma)


def normal_share(deviation: float) -> float:
    """Share of a standard normal population below ``deviation``."""
    return 0.5 * (1 + math.erf(deviation / math.sqrt(2)))


class Noise:
    """Independent draws numbered by integers, negative ones too; drawn in blocks, kept while they are in use."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._blocks: dict[int, tuple[list[float], list[float]]] = {}

    def normal(self, number: int) -> float:
        """Standard normal draw of this number."""
        return self._block(number // BLOCK)[0][number % BLOCK]

    def uniform(self, number: int) -> float:
        """Uniform draw in [0, 1) of this number; independent of the normal one."""
        return self._block(number // BLOCK)[1][number % BLOCK]

    def generator(self, number: int) -> random.Random:
        """A generator of its own for this number, where one draw is not enough."""
        return random.Random(f"{self._seed}/{number}")

    def _block(self, block: int) -> tuple[list[float], list[float]]:
        found = self._blocks.get(block)
        if found is None:
            if len(self._blocks) >= MOST_BLOCKS:
                self._blocks.clear()
            rng = random.Random(f"{self._seed}/block/{block}")
            found = ([rng.gauss(0, 1) for _ in range(BLOCK)], [rng.random() for _ in range(BLOCK)])
            self._blocks[block] = found
        return found


class Wander:
    """A stationary Gaussian process: mean 0, variance 1, correlation ``persistence`` over one step.

    At whole steps an AR(1) process, written as the weighted sum of past noise so that it has no beginning; between
    them interpolated, and divided by what interpolation takes from the variance.
    """

    def __init__(self, seed: str, step_ns: int, persistence: float) -> None:
        if not 0 <= persistence < 1:
            raise ValueError(f"persistence: {persistence} is not in [0, 1)")
        self._noise = Noise(seed)
        self._step_ns = step_ns
        self._persistence = persistence
        length = 1 if persistence == 0 else min(600, int(math.log(1e-3) / math.log(persistence)) + 1)
        raw = [persistence**k for k in range(length)]
        norm = math.sqrt(sum(weight * weight for weight in raw))
        self._weights = [weight / norm for weight in raw]
        self._at_steps: dict[int, float] = {}

    def at(self, at_ns: int) -> float:
        """Value at this moment."""
        step, rest = divmod(at_ns, self._step_ns)
        share = rest / self._step_ns
        kept = 1 - share
        value = kept * self._at_step(step) + share * self._at_step(step + 1)
        return value / math.sqrt(kept * kept + share * share + 2 * kept * share * self._persistence)

    def _at_step(self, step: int) -> float:
        found = self._at_steps.get(step)
        if found is None:
            if len(self._at_steps) >= MOST_BLOCKS:
                self._at_steps.clear()
            normal = self._noise.normal
            found = sum(weight * normal(step - back) for back, weight in enumerate(self._weights))
            self._at_steps[step] = found
        return found
