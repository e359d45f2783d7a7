"""Where a device was heard last: the way that commands to it take."""

from pathlib import Path

from gateway.downlinks.last_heard import last_heard
from pipelines.process import Knowledge
from tests.gateway.road import Road, received


async def test_the_newest_message_over_one_of_the_sources_counts(tmp_path: Path) -> None:
    road = Road(tmp_path)
    for source, topic in (("mqtt", "one"), ("mqtt", "two"), ("other", "three")):
        await road.receive(received("20.0", source=source, topic=topic))
    await road.receive(received("20.0", topic="four"))
    road.refine.knowledge = Knowledge(
        {"mqtt": road.refine.knowledge.dialects["mqtt"], "other": road.refine.knowledge.dialects["mqtt"]},
        road.refine.knowledge.devices,
        road.refine.knowledge.profiles,
    )
    await road.refine.refine_what_is_there()
    await road.stop()
    found = last_heard(tmp_path, "a", {"mqtt"})
    assert found is not None
    assert found.topic == "four"
    found = last_heard(tmp_path, "a", {"other"})
    assert found is not None
    assert found.topic == "three"
    assert last_heard(tmp_path, "a", {"third"}) is None
    assert last_heard(tmp_path, "b", {"mqtt"}) is None
