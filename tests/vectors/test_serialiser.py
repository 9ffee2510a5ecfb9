"""Every serialiser vector on the core's serialisers."""

import json

import fpcore
import pytest

from recordings import by_name, load, octets, string_fault

STRING = load("serialiser-string.json")
JSON = load("serialiser-json.json")


def test_all_are_here():
    assert (len(STRING), len(JSON)) == (138, 57)
    assert {v["instead"] for v in STRING + JSON if v["conform"] != "must"} == set(BETTER)


# ---- string ----


@pytest.mark.parametrize("vector", **by_name(STRING))
def test_string(vector):
    if vector["op"] == "encode":
        return assert_encodes(vector, "string", [octets(i) for i in vector["items"]])
    if vector["conform"] != "must":
        return BETTER[vector["instead"]](vector)
    payload = octets(vector["bytes"])
    if vector["result"] == "error":
        return assert_malformed_where(payload)
    items = fpcore.thaw(payload)
    assert items == [octets(i) for i in vector["items"]]
    assert (fpcore.freeze(items) == payload) == vector["canonical"]


def assert_encodes(vector, serialiser, items):
    payload = octets(vector["bytes"])
    assert fpcore.freeze(items, serialiser) == payload
    assert fpcore.thaw(payload, serialiser) == items


def assert_malformed_where(payload):
    """The fault is said to be where the item begins that is not one."""
    with pytest.raises(fpcore.CoreError) as e:
        fpcore.thaw(payload)
    assert (e.value.reason, e.value.offset) == ("malformed", string_fault(payload)[1])


# ---- json ----


@pytest.mark.parametrize("vector", **by_name(JSON))
def test_json(vector):
    if vector["op"] == "encode":
        return assert_encodes(vector, "json", [item_of(v) for v in vector["value"]])
    if vector["conform"] != "must":
        return BETTER[vector["instead"]](vector)
    if vector["result"] == "error":
        return assert_malformed_json(vector)
    items = fpcore.thaw(octets(vector["bytes"]), "json")
    assert [value_of(i) for i in items] == [plain(v) for v in vector["value"]]


def item_of(value):
    """The item for a documented value: a string in UTF-8, or the text the original writes for it."""
    return value["s"].encode() if "s" in value else fpcore.Value(text_of(value).encode())


def text_of(value):
    (kind, v), = value.items()
    if kind == "a":
        return "[" + ",".join(map(text_of, v)) + "]"
    if kind == "o":
        return "{" + ",".join(f"{json.dumps(k)}:{text_of(x)}" for k, x in v) + "}"
    return {"s": lambda: json.dumps(v, ensure_ascii=False), "i": lambda: v, "n": lambda: "%.15g" % float(v),
            "b": lambda: "true" if v else "false", "z": lambda: "null"}[kind]()


def plain(value):
    """A documented value in Python's terms; numbers keep their kind, strings are marked as such."""
    (kind, v), = value.items()
    return {"s": lambda: v, "i": lambda: int(v), "n": lambda: float(v), "b": lambda: v, "z": lambda: None,
            "a": lambda: [plain(x) for x in v], "o": lambda: {k: plain(x) for k, x in v}}[kind]()


def value_of(item):
    if isinstance(item, bytes):
        return item.decode()
    value = json.loads(item.text)
    assert not isinstance(value, str), "a string is an item of its own kind"
    return value


def assert_malformed_json(vector):
    payload = octets(vector["bytes"])
    with pytest.raises(fpcore.CoreError) as e:
        fpcore.thaw(payload, "json")
    assert e.value.reason == "malformed"
    assert 0 <= e.value.offset <= len(payload)


# ---- better than recorded ----


def beyond_the_end(vector):
    assert vector["result"] == "ok"
    assert_malformed_where(octets(vector["bytes"]))


def numbers_keep_their_text(vector):
    """Integers beyond 64 bits are no strings and lose nothing: a value's text is what was in the payload."""
    payload = octets(vector["bytes"])
    items = fpcore.thaw(payload, "json")
    assert items == [fpcore.Value(n) for n in payload.strip(b"[]").split(b",")]
    assert fpcore.freeze(items, "json") == payload


def both_members_kept(vector):
    assert fpcore.thaw(octets(vector["bytes"]), "json") == [fpcore.Value(b'{"a":1,"a":2}')]


BETTER = {
    "reject: a length runs beyond the end of the payload": beyond_the_end,
    "numbers beyond 64 bits: any documented treatment": numbers_keep_their_text,
    "any documented treatment": both_members_kept,
    "reject surrogates encoded in UTF-8": assert_malformed_json,
    "only an array is valid": assert_malformed_json,
}
