"""A reader and a rewrite that meet: the file is the new one already, the list of segments still names the old one."""

import threading

from gateway.journal.rewrite import rewrite
from tests.gateway.journal.city import SMALL_LAZY, body, fill, open_log, read_from_disk
from tests.gateway.journal.disk import Disk

LATE_S = 0.02


async def test_a_reader_waits_until_a_rewritten_segment_is_in_the_list() -> None:
    disk = Disk()
    log = open_log(disk, options=SMALL_LAZY)
    await fill(log, 200)
    old = log._segments.all[0]
    new = rewrite(disk, old, "intake", upto=log._segments.limit_of(old), drop=())
    assert new is not None
    late = threading.Timer(LATE_S, log._segments.replace, (old, new))
    late.start()
    assert read_from_disk(log) == {number: body(number) for number in range(1, 201)}
    late.join()
    log.abandon()
