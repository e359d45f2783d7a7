"""Is what the ledger says the present? Only then may time be told to machines: they take "no word" for silence.

While no link to a broker stands, or much of what has come is not refined yet, silence is ours and not the devices'.
After an outage the broker hands over what it kept, and machines hear it before they hear how late it is.
"""

from collections.abc import Callable, Sequence

from gateway.sources import TwoWaySource

MOST_UNREAD = 2_000
"""Messages. More is a backlog: at 100 a second these are the last twenty seconds."""


def presence(sources: Sequence[object], unread: Callable[[], int]) -> Callable[[], bool]:
    """Asks the sources, and how many messages are not refined yet. One without a link (file, HTTP) is no witness."""
    links = [source for source in sources if isinstance(source, TwoWaySource)]

    def is_present() -> bool:
        return unread() <= MOST_UNREAD and (not links or any(link.connected for link in links))

    return is_present
