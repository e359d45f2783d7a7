"""Uplinks as any network server could have carried them, for round trips."""

from hypothesis import strategies as st

from pipelines.instants import EARLIEST_NS, LATEST_NS
from pipelines.model import Reception, Uplink

EUIS = st.binary(min_size=8, max_size=8).map(bytes.hex)
SESSIONS = st.binary(min_size=4, max_size=4).map(bytes.hex)
MILLISECONDS = st.integers(EARLIEST_NS // 10**6, LATEST_NS // 10**6 - 1).map(lambda ms: ms * 10**6)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(-1e9, 1e9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(max_size=8), JSON_VALUES, min_size=1, max_size=4)


@st.composite
def frames(draw: st.DrawFn) -> Uplink:
    """An uplink heard by some gateways, the earliest of which gives the network time; all at whole milliseconds."""
    heard = [
        Reception(gateway_id, float(rssi_dbm), snr_tenths / 10, at_ns)
        for gateway_id, rssi_dbm, snr_tenths, at_ns in draw(
            st.lists(
                st.tuples(EUIS, st.integers(-140, -20), st.integers(-200, 150), MILLISECONDS), min_size=1, max_size=4
            )
        )
    ]
    return Uplink(
        draw(EUIS),
        payload=draw(st.binary(min_size=1, max_size=51)),
        f_port=draw(st.integers(0, 255)),
        f_cnt=draw(st.integers(0, 2**32 - 1)),
        session=draw(SESSIONS),
        network_time_ns=min(reception.received_ns or 0 for reception in heard),
        receptions=tuple(heard),
        decoded=draw(st.none() | OBJECTS),
    )
