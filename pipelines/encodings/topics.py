"""Names on the open broker: topics and entity ids.

    urn:ngsi-ld:{Type}:{city}:{pilot}:{entity}         the topics: pipelines/open_data/channels.py

Laws
- Every segment is ``[a-z0-9-]{1,64}``; only names of our own begin with an underscore, so none can collide with them.
- ``v1`` is in the topic: what changes the meaning of a body or of a topic becomes ``v2`` beside it.
- A segment may be the same for two names ("A 1", "a-1"); who publishes keeps them apart with ``distinct``.
- Nothing here ever contains the id of a device.
"""

import hashlib
import re
import unicodedata

import msgspec

from pipelines.open_data.channels import BY_NAME, ROOT

MAX_SEGMENT = 64
DIGEST_CHARS = 8

_NOT_ALLOWED = re.compile(r"[^a-z0-9]+")
_EUI = re.compile(
    r"(?<![0-9a-f])(?:0x)?[0-9a-f]{2}([-:.\s_]?)(?:[0-9a-f]{2}\1){6}[0-9a-f]{2}(?![0-9a-f])", re.IGNORECASE
)


class Address(msgspec.Struct, frozen=True):
    """Where one entity is found. Every field is a segment."""

    city: str
    domain: str
    pilot: str
    entity: str

    def topic(self, suffix: str) -> str:
        """``open/v1/{city}/{domain}/{pilot}/{entity}/{suffix}``; the suffix is that of a channel."""
        return f"{ROOT}/{self.city}/{self.domain}/{self.pilot}/{self.entity}/{suffix}"

    def urn(self, sdm_type: str) -> str:
        """The NGSI-LD id of the entity."""
        return f"urn:ngsi-ld:{sdm_type}:{self.city}:{self.pilot}:{self.entity}"


def segment(name: str) -> str:
    """A name as a topic segment: plain letters, digits, hyphens; "Größe 1" becomes "groe-1" at worst, never empty."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    slug = _NOT_ALLOWED.sub("-", plain).strip("-")[:MAX_SEGMENT].strip("-")
    return slug or digest(name)


def distinct(slug: str, feature: str) -> str:
    """The segment of a feature whose own slug another feature has already taken."""
    return f"{slug[: MAX_SEGMENT - DIGEST_CHARS - 1].rstrip('-')}-{digest(feature)}"


def holds_eui(name: str) -> bool:
    """True where 16 hex digits stand in a name, in any of the usual spellings: it would make a device traceable."""
    return bool(_EUI.search(name))


def digest(name: str, *, salt: bytes = b"") -> str:
    """A short name that says nothing about ``name`` to who lacks the salt."""
    return hashlib.blake2b(name.encode(), digest_size=DIGEST_CHARS // 2, key=salt).hexdigest()


def salt_of(pilot: str, salt: bytes) -> bytes:
    """A pilot's own salt: the same household has another name in each pilot."""
    return hashlib.blake2b(pilot.encode(), digest_size=16, key=salt).digest()


def gateway_topic(city: str, gateway_id: str) -> str:
    """Where a gateway says whether it is there; also the topic of its last will."""
    return BY_NAME["gateway"].topic(city=segment(city), gateway=segment(gateway_id))
