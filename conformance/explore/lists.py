"""Lists as octets and back, strictly by SPEC.md. Must not know frames, nor what a list means.

An item is bytes, or with json a value. A payload that is no list raises Malformed with the clause that says so."""
import json
import re

LENGTH_LIMIT = 1 << 63
DEPTH_MAX = 512
BRACKETS = re.compile(r'"(?:\\.|[^"\\])*"?|[][{}]')


class Malformed(Exception):
    """args[0] is the clause."""


def ber(number, pads=0):
    """A length in base 128, with `pads` octets more than it needs."""
    groups = [number & 0x7f]
    while number := number >> 7:
        groups.append(number & 0x7f | 0x80)
    return b"\x80" * pads + bytes(reversed(groups))


def freeze_strings(items, pads=0):
    return b"".join(ber(len(i), pads) + i for i in items)


def take_length(payload, at):
    """(length, where the item begins); the length stops growing once it is beyond all that is right."""
    length = 0
    while at < len(payload):
        octet = payload[at]
        length = min(length << 7 | octet & 0x7f, LENGTH_LIMIT)
        at += 1
        if octet < 0x80:
            return length, at
    raise Malformed("SER-6" if length < LENGTH_LIMIT else "SER-8b")


def thaw_strings(payload):
    items, at = [], 0
    while at < len(payload):
        length, at = take_length(payload, at)
        if length >= LENGTH_LIMIT:
            raise Malformed("SER-8")
        if length > len(payload) - at:
            raise Malformed("SER-7")
        items.append(payload[at:at + length])
        at += length
    return items


def freeze_json(items):
    return json.dumps(items, ensure_ascii=False, separators=(",", ":")).encode()


def depth(text):
    """How many brackets are open at a time."""
    deepest = now = 0
    for token in BRACKETS.findall(text):
        now += (token in "[{") - (token in "]}") if len(token) == 1 and token != '"' else 0
        deepest = max(deepest, now)
    return deepest


def decode_utf8(payload):
    try:
        return payload.decode()
    except UnicodeDecodeError:
        pass
    try:
        payload.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise Malformed("JSN-5d") from None
    raise Malformed("JSN-5e")


def no_constant(word):
    raise ValueError(f"{word} is no JSON")


def thaw_json(payload):
    if not payload:
        raise Malformed("JSN-2")
    text = decode_utf8(payload)
    if depth(text) > DEPTH_MAX:
        raise Malformed("JSN-4c")
    try:
        value = json.loads(text, parse_constant=no_constant)
    except ValueError:
        raise Malformed("JSN-4b") from None
    if not isinstance(value, list):
        raise Malformed("JSN-3" if isinstance(value, (dict, bool)) else "JSN-3b")
    try:
        freeze_json(value)
    except UnicodeEncodeError:
        raise Malformed("JSN-4d") from None
    return value


FREEZE = {"string": freeze_strings, "json": freeze_json}
THAW = {"string": thaw_strings, "json": thaw_json}
