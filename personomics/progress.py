"""How far long work is, told to a person."""

from __future__ import annotations

import sys
import time
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm


class Progress:
    """Tells a person how far it is: a bar on a terminal, else a line now and then.

    Parameters
    ----------
    stream : text file, optional
        By default standard error.
    seconds : float
        Between two lines.
    unit : str
        What is counted.
    """

    def __init__(
        self,
        stream: IO[str] | None = None,
        seconds: float = 5.0,
        unit: str = "records",
    ) -> None:
        self.stream = stream or sys.stderr
        self.unit = unit
        self.seconds = seconds
        self.bar: tqdm[Any] | None = None
        self.done = self.total = 0
        self.told = float("-inf")

    def start(self, done: int, total: int) -> None:
        """Begin to count."""
        self.done, self.total = done, total
        if self.stream.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=total, initial=done, unit=f" {self.unit}",
                            file=self.stream, dynamic_ncols=True)  # fmt: skip

    def advance(self, records: int) -> None:
        """Count what has come."""
        self.done += records
        if self.bar is not None:
            self.bar.update(records)
        elif self.done == self.total or time.monotonic() > self.told + self.seconds:
            self.say(f"{self.done:,} of {self.total:,} {self.unit}")
            self.told = time.monotonic()

    def say(self, words: str) -> None:
        """Write a sentence above the bar."""
        if self.bar is not None:
            self.bar.write(words, file=self.stream)
        else:
            print(words, file=self.stream, flush=True)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None
