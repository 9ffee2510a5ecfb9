"""A template process and the processes that it forks, commanded over sockets. Must not know what is tested."""
import os
import re
import socket
import subprocess

from frames import command, command_list
from processes import TEMPLATE, TREE, Process, Stream, environment

REQUIRE = b'require "$_.pm" for @_'
SETTING = b"forkpool::set"
COMPLAINT = r"forkpool-template: {}"


class Template:
    """A template that we command over a socket."""

    def __init__(self, *options, keep=(), env=None):
        self.sock, theirs = socket.socketpair()
        argv = [TEMPLATE, *options, str(theirs.fileno()), str(os.getpid())]
        env = environment(CPATH=str(TREE / "lib"), **(env or {}))  # for source that includes forkpool.h
        self.process = Process(*argv, pass_fds=[theirs.fileno(), *keep], stdin=subprocess.DEVNULL, env=env)
        theirs.close()
        self.out, self.err = Stream(self.sock.fileno()), self.process.err

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.__exit__()
        self.sock.close()

    def send(self, *commands):
        self.sock.sendall(b"".join(commands))

    def args(self, *items):
        self.send(command_list(b"a", *items))

    def eval(self, source, *items):
        self.send(command_list(b"e", source.encode(), *items))

    def require(self, *names):
        self.eval(REQUIRE.decode(), *(n.encode() for n in names))

    def set(self, name, value):
        self.eval(SETTING.decode(), name, value)

    def run(self, function):
        self.send(command(b"r", function.encode()))

    def pass_descriptor(self, fd):
        self.send(command(b"h"))
        socket.send_fds(self.sock, [b"\0"], [fd])

    def fork(self):
        """The socket of the new process."""
        ours, theirs = socket.socketpair()
        self.pass_descriptor(theirs.fileno())
        self.send(command(b"f"))
        theirs.close()
        return Fork(ours)

    def close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def ends(self, status, said=None):
        """And everything that it forked has let go of its standard error."""
        assert self.process.status() == status
        err = self.err.rest().decode()
        assert re.fullmatch(said or "", err), err

    def complains(self, text):
        self.ends(1, f"(?s:.*)forkpool-template: {text}\n")


class Fork(Template):
    """A process that a template forked."""

    def __init__(self, sock):
        self.sock, self.out = sock, Stream(sock.fileno())

    def __exit__(self, *_):
        self.sock.close()


# A function for `r` that writes what it was given to its socket, and what is behind the command.
TELL = r"""
#include <forkpool.h>
#include <stdio.h>
#include <unistd.h>
FP_API int tell(int fd, const struct fp_item *args, const int *fds, size_t n);
int tell(int fd, const struct fp_item *args, const int *fds, size_t n)
{
	char more[64];
	for (size_t i = 0; i < n; i++)
		dprintf(fd, "%s<%.*s>", fds[i] < 0 ? "" : "fd", (int)args[i].len, (const char *)args[i].data);
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			dprintf(fds[i], "from %zu", i);
	ssize_t len = read(fd, more, sizeof more);
	dprintf(fd, "+%.*s", (int)len, more);
	return 42;
}
"""
