#!/usr/bin/python3
"""A parent in one file to start from: `call` is what an application does, `take` gives it what comes of it. The application
is the control channel of TESTEE.md.
capabilities: event error failure end"""
import itertools
import os
import socket
import sys

from control import Control

IS_ASYNC = os.environ.get("FORKPOOL_MODE") == "async"
ORDER = sys.byteorder if os.environ.get("FORKPOOL_PROFILE") == "native" else "big"
RECEIVED_MAX = 256 << 20
connection, application = socket.socket(fileno=int(os.environ["FORKPOOL_FD"])), Control()
outgoing, received = bytearray(), bytearray()
outstanding, ids = {}, itertools.count(1)  # id: tag, in the order of the calls


def pack_length(length, more=0):
    """7 bits an octet, the highest first; all but the last have bit 7 set."""
    return (pack_length(length >> 7, 0x80) if length >> 7 else b"") + bytes([length & 0x7f | more])


def unpack(payload, at=0):
    while at < len(payload):
        length, more = 0, True
        while more and at < len(payload) and length <= len(payload):
            length, more, at = length << 7 | payload[at] & 0x7f, payload[at] & 0x80, at + 1
        if more or length > len(payload) - at:
            raise ValueError("payload an item goes on beyond the end")
        yield payload[at:at + length]
        at += length


def call(tag, items):
    number, payload = next(ids), b"".join(pack_length(len(item)) + item for item in items)
    outgoing.extend((number.to_bytes(4, ORDER) if IS_ASYNC else b"") + len(payload).to_bytes(4, ORDER) + payload)
    outstanding[number] = tag


def take(octets):
    """What was read: events, and with an id replies; nothing at end of file."""
    received.extend(octets)
    while len(received) >= 8 and len(received) >= (end := 8 + int.from_bytes(received[4:8], ORDER)):
        number, items = int.from_bytes(received[:4], ORDER), list(unpack(bytes(received[8:end])))
        del received[:end]
        number = number if IS_ASYNC or not number else next(iter(outstanding), -1)
        if number and number not in outstanding:
            raise ValueError("reply a reply matches no call")
        application.tell(*("result", outstanding.pop(number)) if number else ("event", ""), items)
    if not octets:
        raise ConnectionResetError
    if len(received) > RECEIVED_MAX:
        raise ValueError("length a frame is too long")


def serve():
    """Ends by an exception. What a child wrote before it went is read before it is noticed that nothing can be written."""
    while True:
        are_commands, is_readable, is_writable = application.wait(connection, outgoing)
        for tag, items in application.calls() if are_commands else ():
            call(tag, items)
        if is_readable:
            take(connection.recv(1 << 16))
        elif is_writable:
            del outgoing[:connection.send(outgoing, socket.MSG_DONTWAIT)]
        if application.is_dropped and not outgoing:
            connection.shutdown(socket.SHUT_WR)


try:
    serve()
except ConnectionError:
    error = "eof end of file where none was due" if outstanding or received or not application.is_dropped else None
except ValueError as e:
    error = str(e)
connection.close()
application.end(outstanding.values(), error)
