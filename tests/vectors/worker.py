"""The test worker of the recordings' README, in Python. Must not know the core: it is given lists and an answerer.

    serve(items, answer)      answer.reply(items), answer.event(items), answer.after(ms, function)

Items are bytes, and fpcore.Value for JSON values that are not strings. Numbers that the worker makes are JSON numbers under
the JSON serialiser and decimal text otherwise."""

from fpcore import Value


class Died(Exception):
    """The function threw: the process ends with a status other than 0."""


class Exited(Exception):
    """The function ended the process."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


def text(item):
    return item.text if isinstance(item, Value) else item


def number(item):
    return int(text(item))


class Worker:
    """One worker process: the synchronous vocabulary, and with is_async all of it."""

    def __init__(self, is_async=False, is_json=False):
        self.is_async = is_async
        self.is_json = is_json
        self.held = {}

    def serve(self, items, answer):
        if not items:
            return answer.reply([b"noargs"])
        name = text(items[0]).decode("latin-1")
        verb = getattr(Sync, name, None) or (getattr(Async, name, None) if self.is_async else None)
        if name.startswith("_") or not verb:
            return answer.reply([b"?", items[0]])
        return verb(self, answer, *items[1:])

    def decimal(self, n):
        octets = b"%d" % n
        return Value(octets) if self.is_json else octets


class Sync:
    """verb(worker, answer, *arguments)"""

    def echo(w, answer, *a):
        answer.reply(a)

    def void(w, answer, *_):
        answer.reply([])

    def nargs(w, answer, *a):
        answer.reply([w.decimal(len(a))])

    def rev(w, answer, *a):
        answer.reply(a[::-1])

    def size(w, answer, *a):
        answer.reply([w.decimal(len(text(i))) for i in a])

    def fill(w, answer, n, s):
        answer.reply([text(s) * number(n)])

    def list(w, answer, n, s):
        answer.reply([s] * number(n))

    def event(w, answer, *a):
        answer.event(a)
        answer.reply([b"evented"])

    def emptyevent(w, answer):
        answer.event([])
        answer.reply([])

    def events(w, answer, n, *a):
        for i in range(1, number(n) + 1):
            answer.event([w.decimal(i), *a])
        answer.reply(a)

    def die(w, answer, *_):
        raise Died

    def exit(w, answer, n):
        raise Exited(number(n))


class Async:
    """What only the asynchronous worker knows."""

    def hold(w, answer, k, *a):
        w.held[k] = lambda: answer.reply(a)

    def free(w, answer, *keys):
        for k in keys:
            w.held.pop(k)()
        answer.reply([b"freed", w.decimal(len(keys))])

    def freeq(w, answer, *keys):
        answer.reply([b"freed", w.decimal(len(keys))])
        for k in keys:
            w.held.pop(k)()

    def post(w, answer, *a):
        answer.reply(a)
        answer.event(a)

    def twice(w, answer, *a):
        answer.reply(a)
        answer.reply(a)

    def never(w, answer):
        pass

    def later(w, answer, ms, *a):
        answer.after(number(ms), lambda: answer.reply(a))

    def latev(w, answer, ms, *a):
        answer.reply([b"ok"])
        answer.after(number(ms), lambda: answer.event(a))
