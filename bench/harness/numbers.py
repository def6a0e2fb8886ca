"""Swiss mobile numbers, each handed out once until the range is used up."""

_FIRST, _SIZE = 41_790_000_000, 10_000_000


class Numbers:
    """Blocks of +41 79 xxx xx xx."""

    def __init__(self):
        self._used = 0

    def take(self, count):
        """The first of `count` numbers in a row."""
        if self._used + count > _SIZE:
            self._used = 0
        first = _FIRST + self._used
        self._used += count
        return first
