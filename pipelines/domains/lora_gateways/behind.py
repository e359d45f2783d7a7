"""Who is heard through one LoRa gateway, and who through hardly any other."""

from collections.abc import Iterable, Mapping

import msgspec

from pipelines.domains import HOUR_NS

FRAMES_ENOUGH = 3
FRAMES_OF = 64
"""With so many frames the counts are halved: a new LoRa gateway nearby shows within some sixty frames."""
MAINLY = 0.5
"""Share of its frames that nobody else heard: from here on a device is called to be behind the LoRa gateway."""
NEW_SESSION_FALL, NEW_SESSION_BELOW = 100, 2
"""As ``devices/radio.py`` has it: a counter that falls so has begun anew."""
HEARD_NS = 48 * HOUR_NS
"""A device that was not heard for so long is missing for reasons of its own."""
FORGOTTEN_NS = 7 * 24 * HOUR_NS
MOST_DEVICES = 2_000
MOST_NAMED = 500
SEPARATOR = ", "


class Heard(msgspec.Struct, array_like=True):
    """One device as this LoRa gateway hears it. ``alone``: of the last ``frames``, those that nobody else heard.

    ``received`` and ``sent`` are of the running day; ``sent`` by the frame counter, between frames heard here.
    """

    feature: str
    last_ns: int = -1
    frames: int = 0
    alone: int = 0
    last_f_cnt: int = -1
    received: int = 0
    sent: int = 0

    def hear(self, time_ns: int, f_cnt: int, receptions: int) -> None:
        """One frame that was heard here; ``f_cnt`` -1 where none was told."""
        self.last_ns = time_ns
        if self.frames >= FRAMES_OF:
            self.frames, self.alone = self.frames // 2, self.alone // 2
        self.frames += 1
        self.alone += receptions == 1
        if f_cnt < 0:
            return
        step = f_cnt - self.last_f_cnt
        self.received += 1
        if self.last_f_cnt < 0 or step < -NEW_SESSION_FALL or (step < 0 and f_cnt <= NEW_SESSION_BELOW):
            self.sent += 1
        elif step > 0:
            self.sent += step
        else:
            return  # late: it was counted as sent when the one behind it came
        self.last_f_cnt = f_cnt

    def is_behind(self, now_ns: int) -> bool:
        """Whether hardly anybody else hears it."""
        enough = self.frames >= FRAMES_ENOUGH and self.last_ns >= now_ns - HEARD_NS
        return enough and self.alone >= MAINLY * self.frames


def hear(devices: dict[str, Heard], device: str, time_ns: int, said: str) -> None:
    """Take in one relayed frame, as ``RELAYED`` says it. Of more than 2,000 devices the latest are not followed."""
    f_cnt, receptions, feature = said.split(" ", 2)
    heard = devices.get(device)
    if heard is None:
        if len(devices) >= MOST_DEVICES:
            return
        heard = devices[device] = Heard(feature)
    heard.feature = feature
    heard.hear(time_ns, -1 if f_cnt == "-" else int(f_cnt), int(receptions))


def behind(devices: Mapping[str, Heard], now_ns: int) -> list[str]:
    """What the devices observe that are heard mainly here, in order."""
    return sorted({heard.feature for heard in devices.values() if heard.is_behind(now_ns)})


def named(features: list[str]) -> str:
    """One text of them, as ``devices_behind_names`` says it; of more than 500 the rest is not named."""
    return SEPARATOR.join(features[:MOST_NAMED])


def names_in(text: str) -> frozenset[str]:
    """The features in such a text: whose silence has its cause in the LoRa gateway."""
    return frozenset(text.split(SEPARATOR)) - {""}


def next_day(devices: dict[str, Heard], now_ns: int) -> None:
    """Begin to count anew, and forget who was not heard for a week."""
    for device in [name for name, heard in devices.items() if heard.last_ns < now_ns - FORGOTTEN_NS]:
        del devices[device]
    for heard in devices.values():
        heard.received = heard.sent = 0


def day_sums(heard: Iterable[Heard]) -> tuple[int, int, int]:
    """Frames heard, frames sent, and devices heard in the running day."""
    today = [(one.received, max(one.sent, one.received)) for one in heard if one.received]
    return sum(received for received, _ in today), sum(sent for _, sent in today), len(today)
