"""The calls of a parent: octets to be written gather in `out`, those that came are given to `take`. Must not know descriptors.

The application is told by tell(word, tag or kind, items or text): result, event, failure, error, end."""
from wire import IS_ASYNC, Fault, frame, take_frame

ID_MAX = 0xffffffff


class Calls:
    def __init__(self, tell):
        self.tell = tell
        self.out, self.received = bytearray(), bytearray()
        self.outstanding = {}  # id: tag, in the order of the calls
        self.last_id = 0
        self.is_dropped = self.is_over = False

    def next_id(self):
        number = self.last_id % ID_MAX + 1
        while number in self.outstanding:
            number = number % ID_MAX + 1
        return number

    def call(self, tag, items):
        number = self.next_id()
        try:
            if self.is_over or self.is_dropped:
                raise Fault("closed", "there are to be no more calls")
            self.out += frame(number, items, with_id=IS_ASYNC)
        except Fault:
            return self.tell("failure", tag)
        self.last_id = number
        self.outstanding[number] = tag

    def drop(self):
        """No more calls: what was made is finished."""
        self.is_dropped = True

    def take(self, octets):
        """What was read; nothing at end of file."""
        self.received += octets
        try:
            while not self.is_over and (reply := take_frame(self.received)):
                self.deliver(*reply)
        except Fault as e:
            self.fail(*e.args)
        if not octets and not self.is_over:
            self.end_of_file()

    def deliver(self, number, items):
        if number == 0:
            return self.tell("event", None, items)
        number = number if IS_ASYNC else next(iter(self.outstanding), None)
        if number not in self.outstanding:
            return self.fail("reply", "a reply matches no call")
        self.tell("result", self.outstanding.pop(number), items)

    def end_of_file(self):
        if self.outstanding or self.received or not self.is_dropped:
            self.fail("eof", "end of file inside a frame" if self.received else "end of file where none was due")
        else:
            self.end()

    def fail(self, kind, text):
        """The first error is the last: nothing that comes after it can be trusted."""
        self.tell("error", kind, text)
        for tag in self.outstanding.values():
            self.tell("failure", tag)
        self.end()

    def end(self):
        self.is_over = True
        self.outstanding.clear()
        self.out.clear()
        self.tell("end")
