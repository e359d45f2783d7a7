"""Loss: as much as it says, in runs as long as it says."""

import pytest

from simulators.faults.loss import Loss
from tests.simulators.faults.streams import messages, scope


@pytest.mark.parametrize(("rate", "mean_run"), [(0.02, 1.0), (0.1, 1.0), (0.1, 4.0), (0.0, 1.0), (1.0, 1.0)])
def test_the_share_that_is_lost_is_the_rate(rate: float, mean_run: float) -> None:
    sent = list(messages(2_000))
    kept = list(Loss(rate=rate, mean_run=mean_run).apply(iter(sent), scope()))
    assert 1 - len(kept) / len(sent) == pytest.approx(rate, abs=0.015)


def test_losses_of_one_device_come_in_runs() -> None:
    sent = list(messages(3_000))
    kept = {m.body for m in Loss(rate=0.1, mean_run=5.0).apply(iter(sent), scope())}
    runs, run = [], 0
    for message in sent[::8]:
        if message.body in kept:
            if run:
                runs.append(run)
            run = 0
        else:
            run += 1
    assert sum(runs) / len(runs) == pytest.approx(5.0, abs=1.5)
