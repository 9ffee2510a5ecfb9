"""The heap, and its nodes. Must not know what is in it."""
from .binding import check, ffi, lib
from .memory import Object


class HeapNode:
    """A node; `name` is the test's own."""

    def __init__(self, name=None):
        self.name = name
        self.c = ffi.new("struct fp_heap_node *")
        lib.fp_heap_node_init(self.c)

    key = property(lambda self: self.c.key)
    index = property(lambda self: self.c.index)

    def is_in(self):
        return lib.fp_heap_is_in(self.c)


class Heap(Object):
    """struct fp_heap. add reserves by itself unless reserve=False."""

    def __init__(self, alloc=None):
        self._make("struct fp_heap *", lib.fp_heap_fini, alloc)
        self._nodes = {}
        lib.fp_heap_init(self.c, self.alloc.pointer)

    def __len__(self):
        return self.c.n

    def reserve(self):
        check(lib.fp_heap_reserve(self.c))

    def release(self):
        lib.fp_heap_release(self.c)

    def top(self):
        return self._nodes.get(lib.fp_heap_top(self.c))

    def nodes(self):
        """In the order of the array."""
        return [self._nodes[self.c.nodes[i]] for i in range(self.c.n)]

    def add(self, node, key, reserve=True):
        if reserve:
            self.reserve()
        self._nodes[node.c] = node
        lib.fp_heap_add(self.c, node.c, key)

    def remove(self, node):
        lib.fp_heap_remove(self.c, node.c)

    def change(self, node, key):
        lib.fp_heap_change(self.c, node.c, key)

    def set(self, node, key):
        self._nodes[node.c] = node
        lib.fp_heap_set(self.c, node.c, key)
