"""What the tests of lists, frames and endpoints draw their examples from, and how many. Must not know what is tested."""

from hypothesis import strategies as st

import fpcore
from octets import payload_of
from profiles import profile

PROFILE = profile(check=(90, 40), hunt=(100000, 80))

PAYLOAD_MAX = 20000  # octets: more than FP_COPY_BYTES, so that frames are written from where they are, too
ITEMS = st.lists(st.binary(max_size=6) | st.integers(0, 300).map(bytes), max_size=5)
LONG_ITEMS = ITEMS | st.integers(16000, PAYLOAD_MAX + 10).map(lambda n: [b"x" * n])
LENGTHS = st.lists(st.sampled_from([0, 1, 2, 0x7F, 0x80, 0x81, 0xFF]), max_size=14).map(bytes)
PAYLOADS = ITEMS.map(payload_of) | st.binary(max_size=12) | LENGTHS
PROFILES = st.sampled_from(["network", "native"])
WIRES = st.builds(fpcore.Wire, profile=PROFILES, is_async=st.booleans(), serialiser=st.just("string"),
                  payload_max=st.sampled_from([PAYLOAD_MAX, PAYLOAD_MAX, 400]))
CUT = st.sampled_from([None, None, None, 1, 3, 9, 12])
CHOICE = st.integers(0, 9)


@st.composite
def mostly_good_payloads(draw):
    return draw(PAYLOADS) if draw(st.integers(0, 15)) == 7 else payload_of(draw(ITEMS))


def reason_of(act):
    try:
        act()
    except fpcore.CoreError as e:
        return e.reason
    return "none"
