"""The mutator through ctypes."""
import ctypes

import build

FRAMES, LIST, CHOICES, TEXT = range(4)  # enum fp_fuzz_shape


def load():
    library = ctypes.CDLL(str(build.make("mutator.so")))
    library.fp_mutate.restype = library.fp_mutate_cross.restype = ctypes.c_size_t
    return library


def mutate(library, shape, octets, seed, len_max=4096):
    block = ctypes.create_string_buffer(octets, len_max)
    n = library.fp_mutate(shape, block, ctypes.c_size_t(len(octets)), ctypes.c_size_t(len_max), ctypes.c_uint32(seed))
    return block.raw[:n]


def cross(library, shape, a, b, seed, len_max=4096):
    out = ctypes.create_string_buffer(len_max)
    n = library.fp_mutate_cross(shape, a, ctypes.c_size_t(len(a)), b, ctypes.c_size_t(len(b)), out, ctypes.c_size_t(len_max),
                                ctypes.c_uint32(seed))
    return out.raw[:n]
