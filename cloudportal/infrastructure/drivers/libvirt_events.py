"""libvirt's event loop, which its keepalive needs: one thread a process."""

from __future__ import annotations

import os
import threading

import libvirt


class _EventLoop:
    """Runs in the process that started it and can't be started again after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0

    def runs(self) -> bool:
        """Start the loop if it can still be started; whether it runs in this process.

        The loop's locks belong to a thread that a fork does not copy, so a child of a process that
        ran the loop goes without: its calls work, but only our own time-outs notice a dead host.
        """
        with self._lock:
            if self._owner == 0:
                libvirt.virEventRegisterDefaultImpl()
                threading.Thread(target=self._run, name="libvirt events", daemon=True).start()
                self._owner = os.getpid()
            return self._owner == os.getpid()

    @staticmethod
    def _run() -> None:
        while True:
            libvirt.virEventRunDefaultImpl()

    def after_fork(self) -> None:
        self._lock = threading.Lock()


event_loop = _EventLoop()
os.register_at_fork(after_in_child=event_loop.after_fork)
