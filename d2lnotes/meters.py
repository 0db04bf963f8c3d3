"""Running sums and a stopwatch, with d2l's names."""

import time


class Accumulator:
    """Running sums of ``n`` numbers.

    Args:
        n: How many sums.
    """

    def __init__(self, n):
        self.data = [0.0] * n

    def add(self, *values):
        """Add one number to each sum; another number of them raises ``ValueError``."""
        if len(values) != len(self.data):
            raise ValueError(
                f"Accumulator 记着 {len(self.data)} 个和，给了 {len(values)} 个数：应相等"
            )
        self.data = [total + float(v) for total, v in zip(self.data, values, strict=True)]

    def reset(self):
        """Set all sums to zero."""
        self.data = [0.0] * len(self.data)

    def __getitem__(self, i):
        return self.data[i]

    def __repr__(self):
        return f"Accumulator({self.data})"


class Timer:
    """Stopwatch that keeps every lap, in seconds; starts when made."""

    def __init__(self):
        self.times = []
        self.start()

    def start(self):
        """Start a lap."""
        self.started = time.perf_counter()

    def stop(self):
        """End the lap and return its length."""
        self.times.append(time.perf_counter() - self.started)
        return self.times[-1]

    def avg(self):
        """Mean lap."""
        return sum(self.times) / len(self.times)

    def sum(self):
        """All laps together."""
        return sum(self.times)

    def cumsum(self):
        """Total time after each lap."""
        totals, total = [], 0.0
        for t in self.times:
            total += t
            totals.append(total)
        return totals
