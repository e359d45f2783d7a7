"""What can go wrong on a link, split by what the caller does: give up the link, mend the configuration, come again."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gateway.mqtt.packets import Packet

LostBy = Literal["closed", "broken", "silent", "protocol", "taken_over", "server", "us"]
"""closed: the peer hung up · broken: the network ended it · silent: no byte for too long · protocol: the peer broke
MQTT · taken_over: the broker says that another client uses our client id · server: a DISCONNECT with another reason ·
us: we closed."""


class ProtocolError(Exception):
    """The peer broke MQTT; the link must be given up. ``code`` is the MQTT 5 reason code to tell it.

    ``before`` holds the packets of the same read that were whole and right before the fault.
    """

    def __init__(self, words: str, *, code: int = 0x81) -> None:
        super().__init__(words)
        self.code = code
        self.before: list[Packet] = []


class ConnectRefusedError(Exception):
    """The broker answered CONNECT with a refusal: ``code`` as sent, ``words`` for it, ``mend`` what a person can do."""

    def __init__(self, code: int, words: str, mend: str) -> None:
        super().__init__(f"{words} (code 0x{code:02x}). {mend}" if mend else f"{words} (code 0x{code:02x})")
        self.code = code
        self.words = words
        self.mend = mend


class ConnectionLostError(ConnectionError):
    """The link is gone. ``by`` says how; ``code`` is the broker's reason code where it gave one."""

    def __init__(self, words: str, *, by: LostBy, code: int = 0) -> None:
        super().__init__(words)
        self.by = by
        self.code = code
