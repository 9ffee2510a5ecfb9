"""Files that are no scenarios, or ones that nobody should write: one line says what is wrong and where, and nothing breaks."""
import re

import pytest

import sim

WRONG = {
    "empty": (b"", r":1:1: '\[' or '{' expected"),
    "blank": (b" \n ", r":2:1: '\[' or '{' expected"),
    "a number beyond all": (b'{"pool": {"max": 1e999}}', r":1:\d+: real number overflow"),
    "an integer beyond all": (b'{"pool": {"max": 99999999999999999999}}', r":1:\d+: too big integer"),
    "a number too large": (b'{"pool": {"max": 1000001}}', r":1:11: pool.max is a whole number from 1 to 1000000$"),
    "no number": (b'{"pool": {"max": NaN}}', r":1:\d+: invalid token near 'NaN'"),
    "infinity": (b'{"pool": {"grace": Infinity}}', r":1:\d+: invalid token"),
    "an array for a number": (b'{"pool": {"max": [1]}}', r":1:11: pool.max is a whole number"),
    "an object for a number": (b'{"pool": {"max": {"max": 1}}}', r":1:11: pool.max is a whole number"),
    "null for a number": (b'{"pool": {"max": null}}', r":1:11: pool.max is a whole number"),
    "null for a section": (b'{"pool": null}', r":1:2: an object"),
    "a text for a list": (b'{"service": {"list": "1"}}', r":1:14: an array of times"),
    "an empty list": (b'{"service": {"list": []}}', r":1:14: an array of times"),
    "a list of lists": (b'{"service": {"list": [[1]]}}', r":1:14: an array of times"),
    "a list with a negative time": (b'{"arrivals": {"list": [1, -1]}}', r":1:15: an array of times"),
    "a list with a huge time": (b'{"service": {"list": [1e300]}}', r":1:14: an array of times"),
    "a negative time": (b'{"service": {"mean": -1}}', r":1:14: service.mean is a time in seconds, 0 to 1000000$"),
    "a negative count": (b'{"pool": {"max": -1}}', r":1:11: pool.max is a whole number"),
    "a negative seed": (b'{"seed": -1}', r":1:2: seed is a whole number"),
    "an end of time": (b'{"arrivals": {"jobs": 1000000, "every": 1000000}}', r":1:\d+: arrivals and service may take 200 years"),
    "a list to the end of time": (b'{"arrivals": {"kind": "list", "list": [1e9], "jobs": 30}}', r": arrivals and service may take"),
    "a double section": (b'{"pool": {}, "pool": {}}', r":1:\d+: duplicate object key"),
    "a double key": (b'{"pool": {"max": 1, "max": 1}}', r":1:\d+: duplicate object key"),
    "something behind": (b"{} {}", r":1:\d+: end of file expected"),
    "a NUL behind": (b"{}\0{", r":1:\d+: end of file expected"),
    "a NUL in a key": (b'{"po\0ol": {}}', r":1:\d+: (premature|control character)"),
    "an escaped NUL": (b'{"title": "a\\u0000b"}', r":1:\d+: .u0000 is not allowed"),
    "invalid UTF-8": (b'{"title": "\xff"}', r":1:\d+: unable to decode byte 0xff"),
    "a lone surrogate": (b'{"title": "\\ud800"}', r":1:\d+: invalid Unicode"),
    "a byte order mark": (b"\xef\xbb\xbf{}", r":1:1: "),
    "a line break in a key": (b'{"pool": {"a\\nb": 1}}', r': there is no "a\?b" in "pool"'),
    "a key behind wide characters": ('{"title": "ÄÖÜ", "mix": 1}'.encode(), r':1:18: "mix" is none of'),
    "a long title": (b'{"title": "' + b"x" * 100 + b'"}', r":1:2: title is a text of at most 99 octets"),
    "a key without end": (b'{"' + b"k" * 100000 + b'": 1}', r':1:2: "k{60}" is none of'),
    "deep arrays": (b"[" * 100000, r":1:\d+: maximum parsing depth reached"),
    "deep objects": (b'{"pool":' * 100000, r":1:\d+: maximum parsing depth reached"),
    "cut off": (b'{"pool": {"max": 1}', r":1:\d+: '}' expected near end of file"),
}


def refused(program, path):
    """The one line that a scenario is refused with."""
    status, out, err = sim.run(program, "run", path)
    assert status == 2 and not out and err.startswith("forkpool-sim: ") and err.count("\n") == 1, (status, out, err)
    return err.rstrip("\n").removesuffix("; see forkpool-sim --help")


@pytest.mark.parametrize("name", WRONG)
def test_a_hostile_scenario_is_refused(program, tmp_path, name):
    text, what = WRONG[name]
    path = tmp_path / "hostile.json"
    path.write_bytes(text)
    assert re.search(what, refused(program, path))


@pytest.mark.parametrize("cut", range(1, 42))
def test_a_scenario_that_ends_anywhere_is_refused(program, tmp_path, cut):
    text = b'{"pool": {"max": 2}, "arrivals": {"jobs": 1}}'[:cut]
    path = tmp_path / "cut.json"
    path.write_bytes(text)
    assert re.match(rf"forkpool-sim: {re.escape(str(path))}:1:\d+: ", refused(program, path))


def test_what_is_no_file_is_refused(program, tmp_path):
    assert "No such file or directory" in refused(program, tmp_path / "missing.json")
    assert "Is a directory" in refused(program, tmp_path)
    large = tmp_path / "large.json"
    with large.open("wb") as f:
        f.truncate(1 << 30)
    assert "File too large" in refused(program, large)
    assert "File too large" in refused(program, "/dev/zero")


def test_the_largest_numbers_are_taken(program, tmp_path):
    path = tmp_path / "large.json"
    path.write_text('{"pool": {"idle_time": 1000000, "grace": 1e6, "busy_time": 1e6}, "arrivals": {"jobs": 3, "every": 1e6}, '
                    '"service": {"mean": 1e6}, "link": {"delay": 1e6}, "process": {"start": 1e6}, "end": {"linger": 1e6}}')
    status, out, err = sim.run(program, "run", path)
    assert status == 0 and not err and "ok 3" in out
