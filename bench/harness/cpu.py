"""CPU time of processes with their live children, and of the machine, from /proc."""

import os
import resource
import time

_TICK = os.sysconf("SC_CLK_TCK")


def _tree(pid):
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                for child in file.read().split():
                    found += _tree(int(child))
    except OSError:
        pass
    return found


def seconds(pid):
    """User and system time of a process and its live children."""
    total = 0
    for each in _tree(pid):
        try:
            with open(f"/proc/{each}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        except OSError:
            continue
    return total / _TICK


def _machine():
    """All cores, less idle and waiting for disks."""
    with open("/proc/stat", encoding="ascii") as file:
        values = [int(value) for value in file.readline().split()[1:9]]
    return (sum(values) - values[3] - values[4]) / _TICK


def _load_generators():
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    return ended.ru_utime + ended.ru_stime + own.ru_utime + own.ru_stime


class Meter:
    """What named processes used since it was made; `foreign` is the share of all cores used by anything else."""

    def __init__(self, pids):
        self._pids = pids
        self._time, self._busy, self._loads = time.monotonic(), _machine(), _load_generators()
        self._before = {name: seconds(pid) for name, pid in pids.items()}

    def read(self, requests):
        """CPU microseconds per request of each process, and the foreign share in percent."""
        used = {name: seconds(pid) - self._before[name] for name, pid in self._pids.items()}
        known = sum(used.values()) + _load_generators() - self._loads
        capacity = (time.monotonic() - self._time) * os.cpu_count()
        foreign = max(0.0, _machine() - self._busy - known) / capacity * 100
        return {
            "cpu_us": {name: value / max(requests, 1) * 1e6 for name, value in used.items()},
            "foreign_percent": foreign,
        }
