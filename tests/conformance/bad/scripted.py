"""A testee that does what its arguments say, in their order, and then ends:

    read:N      reads N octets           write:HEX  writes octets
    repeat:HEX  writes them for ever     end        shuts down its writing side
    close       closes the connection    wait       sleeps until it is killed
    drain       reads to end of file     say:TEXT   a line on standard error
    deaf        ignores SIGTERM, SIGHUP and SIGINT
    exit:N      exits with this status
    sign:FIFO   writes "here" into it
    leave       leaves a grandchild in a session of its own that holds the connection
"""
import os
import signal
import socket
import sys
import time

connection = socket.socket(fileno=int(os.environ["FORKPOOL_FD"]))


def read(n):
    got = b""
    while len(got) < int(n):
        more = connection.recv(int(n) - len(got))
        if not more:
            sys.exit(9)
        got += more


def repeat(text):
    block = bytes.fromhex(text) * 1000
    while True:
        connection.sendall(block)


def wait():
    while True:
        time.sleep(1000)


def drain():
    while connection.recv(65536):
        pass


def deaf():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def leave():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            deaf()
            wait()
        os._exit(0)


def sign(path):
    with open(path, "w") as to:
        to.write("here")


WORDS = {"read": read, "repeat": repeat, "wait": wait, "drain": drain, "deaf": deaf, "leave": leave, "sign": sign,
         "write": lambda text: connection.sendall(bytes.fromhex(text)), "end": lambda: connection.shutdown(socket.SHUT_WR),
         "close": connection.close, "say": lambda text: print(text, file=sys.stderr, flush=True),
         "exit": lambda status: os._exit(int(status))}

for argument in sys.argv[1:]:
    word, _, value = argument.partition(":")
    WORDS[word](*([value] if value else []))
