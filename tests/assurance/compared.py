"""Whether two samples of times are of one kind: the ratio of their medians, and the two-sample test of Kolmogorov and Smirnov."""

import math
import statistics


def judge(comparisons, count):
    """(name, times, times) each → whether all are alike, and the figures in words."""
    holds, figures = True, []
    for name, one, other in comparisons:
        ratio, p = statistics.median(one) / statistics.median(other), _p_value(one, other)
        holds = holds and 0.95 <= ratio <= 1.05 and p > 0.01
        figures.append(f"{name}: medians {ratio:.3f}, KS p {p:.2f}")
    return holds, f"{count} each; " + "; ".join(figures)


def _p_value(one, other):
    """How probable a distance as large as theirs is when both are of one kind (the asymptotic distribution)."""
    distance = _distance(sorted(one), sorted(other))
    size = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    scaled = (size + 0.12 + 0.11 / size) * distance
    if scaled < 0.2:
        return 1.0
    return min(1.0, 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101)))


def _distance(one, other):
    first = second = 0
    largest = 0.0
    while first < len(one) and second < len(other):
        here = min(one[first], other[second])
        while first < len(one) and one[first] <= here:
            first += 1
        while second < len(other) and other[second] <= here:
            second += 1
        largest = max(largest, abs(first / len(one) - second / len(other)))
    return largest


def check_ourselves():
    """The test tells apart what differs and nothing else."""
    even = [n / 1000 for n in range(1000)]
    assert _p_value(even, list(even)) > 0.99
    assert _p_value(even, [each + 0.2 for each in even]) < 1e-6
    assert not judge([("", even, [each * 2 for each in even])], 1)[0]
