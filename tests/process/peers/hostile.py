"""A worker that answers each call with its arguments, until one has a first argument that is a key of TRICKS: then it breaks
the protocol in that way. Started by a pool's option `command`, so its connection is on descriptors 0 and 1.

usage: hostile.py sync|async [FILE]    who can make FILE replies before anything was asked
"""
import os
import socket
import struct
import sys
import time

IS_ASYNC = sys.argv[1] == 'async'


def read(n):
    octets = b''
    while len(octets) < n:
        more = os.read(0, n - len(octets))
        if not more:
            sys.exit(0)
        octets += more
    return octets


def write(octets):
    while octets:
        octets = octets[os.write(1, octets):]


def frame(number, payload):
    return struct.pack('>II', number, len(payload)) + payload


def wait_for_ever():
    while True:
        time.sleep(1000)


def write_and_wait(octets):
    write(octets)
    wait_for_ever()


def write_and_exit(octets):
    write(octets)
    sys.exit(0)


def half_close(number):
    socket.socket(fileno=os.dup(1)).shutdown(socket.SHUT_WR)
    wait_for_ever()


def tell_events(number):
    while True:
        write(100 * frame(0, b'\x05event'))


TRICKS = {
    b'too-long': lambda n: write_and_wait(struct.pack('>II', n, 0xffffffff)),
    b'announce': lambda n: write_and_exit(struct.pack('>II', n, 0xffffffff) + bytes(1000)),
    b'unknown-id': lambda n: write_and_wait(frame(n + 1000, b'\x01x')),
    b'twice': lambda n: write_and_wait(2 * frame(n, b'\x05twice')),
    b'truncated': lambda n: write_and_exit(frame(n, b'\x09truncated')[:11]),
    b'malformed': lambda n: write_and_wait(frame(n, b'\x02ok\x05bad')),
    b'garbage': lambda n: write_and_wait(b'Traceback (most recent call last):\n'),
    b'exit': lambda n: sys.exit(3),
    b'half-close': half_close,
    b'silent': lambda n: wait_for_ever(),
    b'events': tell_events,
}


def is_first():
    try:
        return len(sys.argv) > 2 and os.open(sys.argv[2], os.O_CREAT | os.O_EXCL) > 2
    except FileExistsError:
        return False


def main():
    if is_first():
        write_and_wait(frame(1, b'\x07unasked'))
    while True:
        number = struct.unpack('>I', read(4))[0] if IS_ASYNC else 1
        payload = read(struct.unpack('>I', read(4))[0])
        trick = TRICKS.get(payload[1:1 + payload[0]]) if payload else None
        if trick:
            trick(number)
        write(frame(number, payload))


main()
