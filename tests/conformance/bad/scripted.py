"""A testee that does what its arguments say, in their order, and then ends:

    read:N      reads N octets           write:HEX  writes octets
    spin:N      reads N octets, and never sleeps
    repeat:HEX  writes them for ever     end        shuts down its writing side
    close       closes the connection    wait       sleeps until it is killed
    drain       reads to end of file     say:TEXT   a line on standard error
    raw:HEX     octets on standard error
    deaf        ignores SIGTERM, SIGHUP and SIGINT
    exit:N      exits with this status
    sign:FIFO   writes "here" into it
    chatter     leaves a grandchild that floods standard error for ever, and does not hold the connection
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


def spin(n):
    connection.setblocking(False)
    signal.signal(signal.SIGUSR1, lambda number, frame: None)
    got = b""
    while len(got) < int(n):
        try:
            got += connection.recv(int(n) - len(got))
        except BlockingIOError:
            pass
    connection.setblocking(True)


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


def chatter():
    """Goes on once something was said."""
    heard, says = os.pipe()
    if os.fork() == 0:
        deaf()
        connection.close()
        while True:
            os.write(2, b"no memory? no matter\n" * 100)
            if says >= 0:
                os.close(says)
                says = -1
    os.close(says)
    os.read(heard, 1)


def sign(path):
    with open(path, "w") as to:
        to.write("here")


WORDS = {"read": read, "spin": spin, "repeat": repeat, "wait": wait, "drain": drain, "deaf": deaf, "leave": leave, "chatter": chatter, "sign": sign,
         "write": lambda text: connection.sendall(bytes.fromhex(text)), "end": lambda: connection.shutdown(socket.SHUT_WR),
         "close": connection.close, "say": lambda text: print(text, file=sys.stderr, flush=True),
         "raw": lambda text: os.write(2, bytes.fromhex(text)),
         "exit": lambda status: os._exit(int(status))}

for argument in sys.argv[1:]:
    word, _, value = argument.partition(":")
    WORDS[word](*([value] if value else []))
