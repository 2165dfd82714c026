"""Which machine this is, as far as numbers of processes mean something."""

import functools
import os
import socket

_FIRST = "pid:[4026531836]"
"""The process space in which every machine begins (linux/proc_ns.h); a container has one of its own."""


@functools.cache
def this_host() -> str:
    """The host's name; in a container with its process space, since two containers may be called the same."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = _FIRST
    return socket.gethostname() + ("" if space == _FIRST else "." + space.strip("pid:[]"))
