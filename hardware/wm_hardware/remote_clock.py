"""When something happened, by the clock of this machine, from a stamp of another machine's clock."""

_LATER_THAN_ANY = 2**63


class RemoteClock:
    """Maps a remote clock onto the local one by the smallest delay seen.

        offset = min over the window of (arrival − stamp),   acquired = stamp + offset

    A message is never early, so the smallest difference belongs to the message with the smallest delay; what
    remains wrong is that delay. The minimum is over the last one to two windows, so that the estimate follows
    clocks that drift apart: at 50 ppm, 0.5 ms in a window of 10 s.

    Args:
        window_s: for how long a minimum counts, at least.

    Source: Mills et al. 2010, RFC 5905, section 10 (clock filter), one-way.
    """

    def __init__(self, window_s: float = 10.0) -> None:
        self._window_ns = round(window_s * 1e9)
        self._began_ns = 0
        self._newest_ns: int | None = None
        self._minimum_ns = self._older_minimum_ns = _LATER_THAN_ANY
        self._stamp_ns = -_LATER_THAN_ANY

    def to_local(self, remote_ns: int, now_ns: int) -> int:
        """Local time, ns, of the remote time `remote_ns`, which is read at `now_ns`; never goes back.

        The same remote time again gives the same local time: a clock that stands still grows old.
        """
        if remote_ns != self._newest_ns:
            self._newest_ns = remote_ns
            self._observe(now_ns - remote_ns, now_ns)
            self._stamp_ns = max(self._stamp_ns, remote_ns + min(self._minimum_ns, self._older_minimum_ns))
        return self._stamp_ns

    @property
    def offset_ns(self) -> int | None:
        """Local minus remote time, as far as it is known; None before the first stamp."""
        return None if self._newest_ns is None else min(self._minimum_ns, self._older_minimum_ns)

    def _observe(self, offset_ns: int, now_ns: int) -> None:
        if now_ns - self._began_ns > self._window_ns:
            self._began_ns = now_ns
            self._older_minimum_ns, self._minimum_ns = self._minimum_ns, offset_ns
        self._minimum_ns = min(self._minimum_ns, offset_ns)
