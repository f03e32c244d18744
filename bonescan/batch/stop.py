"""A wish to stop, from a signal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Set by SIGTERM and Ctrl-C: finish the scan in hand, then end."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """Remember that somebody wants to stop; who asks twice does not want to wait."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def stop_on_signal() -> Iterator[Stop]:
    """Turn SIGTERM and SIGINT into a wish to stop, and restore the handlers afterwards."""
    stop = Stop()
    previous = {s: signal.signal(s, stop.ask) for s in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
