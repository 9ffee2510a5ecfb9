"""What the suite asks of a child: the verbs of TESTEE.md. Must not know octets, nor the order of answers.

A verb is given its request, which it answers with r.answer(*items), once, now or later, and its arguments."""
import sys

from wire import IS_ASYNC, octets

RETIRE = (":t6Z@HK1N%Dx@_7?=~-7NQgWDdAs6a,jFN=wLO0*jD*1%P", "quit",
          "<~53rexz.U`!]X[A235^\"fyEoiTF\\T~oH1l/N6+Djep9b~bI9`\\1x%B~vWO1q*")
VERBS = {
    b"echo": lambda r, *a: r.answer(*a),
    b"void": lambda r, *_: r.answer(),
    b"nargs": lambda r, *a: r.answer(len(a)),
    b"rev": lambda r, *a: r.answer(*a[::-1]),
    b"size": lambda r, *a: r.answer(*[len(octets(i)) for i in a]),
    b"fill": lambda r, n, s: r.answer(s * int(n)),
    b"list": lambda r, n, s: r.answer(*[s] * int(n)),
    b"event": lambda r, *a: (r.event(*a), r.answer("evented")),
    b"emptyevent": lambda r: (r.event(), r.answer()),
    b"events": lambda r, n, *a: ([r.event(i, *a) for i in range(1, int(n) + 1)], r.answer(*a)),
    b"die": lambda _, why: sys.exit(f"child.py: {why}"),
    b"exit": lambda _, n: sys.exit(int(n)),
    b"retire": lambda r: (r.event(*RETIRE), r.answer("retiring")),
}
VERBS |= {
    b"hold": lambda r, k, *a: held.update({octets(k): lambda: r.answer(*a)}),
    b"free": lambda r, *k: ([held.pop(octets(i))() for i in k], r.answer("freed", len(k))),
    b"post": lambda r, *a: (r.answer(*a), r.event(*a)),
    b"twice": lambda r, *a: (r.answer(*a), r.answer(*a)),
    b"never": lambda r: None,
} if IS_ASYNC else {}
held = {}


def call(r, verb=None, *a):
    """The function of this worker."""
    if verb is None:
        return r.answer("noargs")
    return VERBS.get(octets(verb), lambda r, *_: r.answer("?", verb))(r, *a)
