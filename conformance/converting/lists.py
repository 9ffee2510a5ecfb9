"""Recordings of kind serialiser as cases: a child has to read a list and to write it. Payloads are replayed behind the verb
`echo`; a malformed one has to end the child, unanswered."""

import json

from . import pieces
from .case import Case, Omitted, title_of
from .clauses import finer
from .wire import Wire, octets, string_list

BAD = {"lone-high-surrogate": "JSN-4d", "lone-low-surrogate": "JSN-4d", "invalid-utf8": "JSN-5d", "overlong-utf8": "JSN-5d",
       "utf8-surrogate": "JSN-5e", "deep-600": "JSN-4c", "empty-payload": "JSN-2", "top-object": "JSN-3", "top-empty-object": "JSN-3"}
TOP_LEVEL = {"true": "JSN-3", "false": "JSN-3"}
GOOD = {"encode/integers": "JSN-5c", "encode/unsigned-64": "JSN-5c", "encode/octets-as-latin1": "JSN-5"}


def lead_of(name):
    """The clause of SPEC.md that this recording is about, where it is finer than the one that it names."""
    last = name.rsplit("/", 1)[1]
    if name.startswith("json/decode/bad/"):
        return BAD.get(last, "JSN-4b")
    if name.startswith("json/decode/top-level/"):
        return TOP_LEVEL.get(last, "JSN-3b")
    return GOOD.get(name.removeprefix("json/"))


# ---- JSON values of the recordings


def has_free_form(value):
    """Fractions and the order of an object's members are the implementation's own (JSN-5f)."""
    (kind, inner), = value.items()
    if kind == "o":
        return len(inner) > 1 or any(has_free_form(v) for _, v in inner)
    return kind == "n" or (kind == "a" and any(map(has_free_form, inner)))


def json_text(value):
    (kind, inner), = value.items()
    if kind == "a":
        return "[" + ",".join(map(json_text, inner)) + "]"
    if kind == "o":
        return "{" + ",".join(f"{json_string(k)}:{json_text(v)}" for k, v in inner) + "}"
    return {"s": json_string, "i": str, "n": str, "b": lambda b: "true" if b else "false", "z": lambda _: "null"}[kind](inner)


def json_string(text):
    """As JSN-5 says; Python escapes no more than that but for DEL, which it leaves as well."""
    return json.dumps(text, ensure_ascii=False)


# ---- requests and answers


def json_list(values):
    return ("[" + ",".join(map(json_text, values)) + "]").encode("utf-8", "surrogatepass")


def behind_echo(vector, payload):
    """The payload with `echo` before its first item."""
    if vector["serialiser"] == "string":
        return b"\4echo" + payload
    begin = payload.index(b"[") + 1
    comma = b"," if vector["value"] else b""
    return payload[:begin] + b'"echo"' + comma + payload[begin:]


def answer_to(vector):
    """What is written for the items; None where the payload is no list."""
    if vector["op"] == "encode":
        return octets(vector["bytes"])
    if vector["result"] == "error" or vector["conform"] == "should-differ":
        return None
    if vector["serialiser"] == "string":
        return string_list([octets(i) for i in vector["items"]])
    return json_list(vector["value"])


def frame(vector, mode, has_id, payload):
    """In one profile; its header is written for both."""
    wire = Wire(vector | {"profile": "network"}, has_id)
    head = (1).to_bytes(4, "big") if has_id else b""
    stream = head + len(payload).to_bytes(4, "big") + payload
    return " ".join(wire.frame_pieces(stream, any_nonzero=mode == "sync")[0])


def check_free(vector):
    if vector["conform"] == "may-differ":
        raise Omitted("numbers beyond 64 bits and members of one name are the implementation's own (JSN-5f)")
    if vector["serialiser"] == "json" and any(map(has_free_form, vector.get("value") or [])):
        raise Omitted("the digits of a fraction and the order of an object's members are the implementation's own (JSN-5f)")


def convert_for(vector, mode):
    name = vector["name"].removeprefix("serialiser/")
    answer = answer_to(vector)
    is_bad = answer is None
    request = octets(vector["bytes"])
    if not is_bad or vector["serialiser"] == "string":
        request = behind_echo(vector, request)
    lines = ["parent sends " + frame(vector, "async", mode == "async", request)]
    if is_bad:
        lines += ["child ends", "child exits nonzero"]
    else:
        lines += ["child sends " + frame(vector, mode, True, answer), "parent ends", "child ends", "child exits 0"]
    clauses = finer("child", mode, vector["clauses"] + (["ERR-4"] if is_bad else []), lead_of(name))
    is_should = is_bad and (vector["conform"] == "should-differ" or mode == "async")
    return Case(name, title_of(vector, name), clauses, "child", mode, "both", lines, level="should" if is_should else None,
                serialiser=vector["serialiser"], needs=["json"] if vector["serialiser"] == "json" else [], sources=[vector["name"]])


def convert(vector):
    """One for each mode: their requests have different headers."""
    check_free(vector)
    return [convert_for(vector, mode) for mode in ("sync", "async")]
