"""Turns what the stages saw into figures beside their targets, as a table and as JSON."""

import json
import operator
import os
import platform
from dataclasses import asdict, dataclass
from statistics import median

from harness.places import OUT

_AT_MOST = ("≤", operator.le)
_AT_LEAST = ("≥", operator.ge)
_EXACTLY = ("=", operator.eq)
_CONTENDED_PERCENT = 10


@dataclass
class Figure:
    """One line: what was measured, on both sides where both were, and what it should be."""

    what: str
    unit: str
    floor: float | None
    pinfold: float | None
    ratio: float | None
    target: str
    verdict: str


def _middle(runs, read):
    return median(read(run) for run in runs) if runs else None


def _pairwise(floors, pinfolds, read):
    """The median of the ratios of runs made one after the other, which weather hits alike."""
    ratios = [read(ours) / read(theirs) for theirs, ours in zip(floors, pinfolds) if read(theirs)]
    return median(ratios) if ratios else None


def _figure(what, unit, floor, pinfold, ratio=None, target=None, of_ratio=True):
    judged = ratio if of_ratio else pinfold
    if target is None:
        return Figure(what, unit, floor, pinfold, ratio, "", "")
    (sign, holds), bound = target
    verdict = "" if judged is None else "pass" if holds(judged, bound) else "MISS"
    return Figure(what, unit, floor, pinfold, ratio, f"{sign} {bound:g}{' x' if of_ratio else ''}", verdict)


def _calm(runs):
    """Without the turns in which other programs kept the machine busy; with all of them if none was calm."""
    turns = list(zip(*runs.values()))
    calm = [turn for turn in turns if max(run["foreign_percent"] for run in turn) <= _CONTENDED_PERCENT]
    return dict(zip(runs, zip(*(calm or turns))))


def _compared(runs, what, unit, read, target=None, floor="floor"):
    calm = _calm(runs)
    floors, pinfolds = calm.get(floor, ()), calm.get("pinfold", ())
    ratio = _pairwise(floors, pinfolds, read)
    return _figure(what, unit, _middle(floors, read), _middle(pinfolds, read), ratio, target)


def _cpu(name):
    return lambda run: run["cpu_us"][name]


def _cpu_of_send(run):
    return run["cpu_us"]["server"] + run["cpu_us"]["redis"]


def judged(seen):
    """The figures that have targets."""
    found = []
    for kind in ("send", "verify"):
        if runs := seen.get(kind):
            found.append(_compared(runs, f"{kind}: server CPU per request", "us", _cpu("server"), (_AT_MOST, 1.8)))
            found.append(_compared(runs, f"{kind}: Redis CPU per request", "us", _cpu("redis"), (_AT_MOST, 1.5)))
    for kind, sides in seen.get("round_trips", {}).items():
        trips = {name: side["per_request"] for name, side in sides.items()}
        found.append(
            _figure(f"{kind}: round trips to Redis", "", trips.get("floor"), trips.get("pinfold"), None, (_EXACTLY, 1), False)
        )
    if runs := seen.get("worker"):
        found.append(_compared(runs, "worker: messages", "/s", lambda run: run["per_second"], (_AT_LEAST, 0.6)))
        found.append(_compared(runs, "worker: CPU per message", "us", _cpu("worker"), (_AT_MOST, 1.7)))
    for name, runs in seen.get("dialects", {}).items():
        native, dialect = runs["native"], runs["dialect"]
        ratio = _pairwise(native, dialect, _cpu_of_send)
        what = f"{name}: server and Redis CPU per send, beside native"
        found.append(_figure(what, "us", _middle(native, _cpu_of_send), _middle(dialect, _cpu_of_send), ratio, (_AT_MOST, 1.15)))
    if guard := seen.get("guard"):
        ratio = _pairwise(guard["off"], guard["record"], _cpu_of_send)
        what = "fraud guard: server and Redis CPU per send, beside none"
        off, on = _middle(guard["off"], _cpu_of_send), _middle(guard["record"], _cpu_of_send)
        found.append(_figure(what, "us", off, on, ratio, (_AT_MOST, 1.25)))
    if fairness := seen.get("fairness"):
        bound = max(2_000, 2 * fairness["quiet"]["p95_ms"])
        for what in ("one", "many"):
            target = (_AT_MOST, bound)
            found.append(_figure(f"fairness: p95 beside {what}", "ms", None, fairness[what]["p95_ms"], None, target, False))
        lost = sum(run["lost"] + run["twice"] for run in fairness.values())
        found.append(_figure("fairness: lost or twice", "", None, lost, None, (_EXACTLY, 0), False))
    for memory in seen.get("memory", []):
        what = f"memory: per live PIN at {memory['pins']:,}"
        found.append(_figure(what, "B", None, memory["bytes_per_pin"], None, (_AT_MOST, 300), False))
    if expiry := seen.get("expiry"):
        found.append(_figure("expiry: PIN keys left", "", None, expiry["pin_keys_left"], None, (_EXACTLY, 0), False))
    for what, times in seen.get("verifications", {}).items():
        found.append(_figure(f"verifications, {what}: p95", "ms", None, times["p95_ms"], None, (_AT_MOST, 300), False))
    return found


def observed(seen):
    """The figures that stand for themselves."""
    found = []
    if runs := seen.get("wrong_guess"):
        found.append(_compared(runs, "wrong guess: server CPU per request", "us", _cpu("server")))
        found.append(_compared(runs, "wrong guess: Redis CPU per request", "us", _cpu("redis")))
    for kind in ("send", "verify", "wrong_guess"):
        if runs := seen.get(kind):
            found.append(_compared(runs, f"{kind}: requests", "/s", lambda run: run["per_second"]))
            found.append(_compared(runs, f"{kind}: p50 at the ceiling", "ms", lambda run: run["p50_ms"]))
            found.append(_compared(runs, f"{kind}: p99 at the ceiling", "ms", lambda run: run["p99_ms"]))
    for kind, runs in seen.get("fixed_rate", {}).items():
        for name in ("p50", "p99"):
            read = operator.itemgetter(f"{name}_us")
            found.append(_compared(runs, f"{kind}: {name} at a fixed rate", "us", read))
        found.append(_compared(runs, f"{kind}: server CPU at a fixed rate", "us", _cpu("server")))
    if runs := seen.get("worker"):
        found.append(_compared(runs, "worker: Redis CPU per message", "us", _cpu("redis")))
        ours = _calm(runs).get("pinfold", ())
        found.append(_figure("worker: PostgreSQL CPU per message", "us", None, _middle(ours, _cpu("postgres"))))
        # Beside the floor that records: the same promise kept with the least work.
        recording = "floor+record"
        for what, unit, read in (
            ("messages", "/s", lambda run: run["per_second"]),
            ("recorded messages", "/s", lambda run: run["recorded_per_second"]),
            ("CPU per message", "us", _cpu("worker")),
            ("PostgreSQL CPU per message", "us", _cpu("postgres")),
        ):
            found.append(_compared(runs, f"worker beside a floor that records: {what}", unit, read, floor=recording))
    for memory in seen.get("memory", []):
        found.append(_figure(f"memory: with counters at {memory['pins']:,}", "B", None, memory["bytes_per_pin_with_counters"]))
        found.append(_figure(f"memory: MEMORY USAGE at {memory['pins']:,}", "B", None, memory["record_bytes"]))
    if expiry := seen.get("expiry"):
        found.append(_figure("expiry: keys of numbers left", "", None, expiry["number_keys_left"]))
    for what, times in seen.get("verifications", {}).items():
        found.append(_figure(f"verifications, {what}: p50", "ms", None, times["p50_ms"]))
    return found


def warnings(seen):
    """What makes figures doubtful: refused requests, and other programs on the machine."""
    found = []
    groups = [(kind, seen.get(kind, {})) for kind in ("send", "verify", "wrong_guess", "worker")]
    groups += [(f"{kind} at a fixed rate", runs) for kind, runs in seen.get("fixed_rate", {}).items()]
    for kind, sides in groups:
        for name, runs in sides.items():
            refused = sum(run.get("refused", 0) + run.get("failures", 0) for run in runs)
            refused += sum(count for run in runs for status, count in run.get("statuses", {}).items() if status != "200")
            if refused:
                found.append(f"{kind}, {name}: {refused} requests were not answered with 200")
            busy = [run["foreign_percent"] for run in runs if run["foreign_percent"] > _CONTENDED_PERCENT]
            if busy:
                found.append(f"{kind}, {name}: other programs took up to {max(busy):.0f} % of the machine")
    return found


def _number(value):
    if value is None:
        return ""
    if value == int(value) and abs(value) < 1000:
        return f"{value:.0f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _table(figures):
    rows = [("", "floor", "pinfold", "", "ratio", "target", "")]
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f} x"
        rows.append(
            (figure.what, _number(figure.floor), _number(figure.pinfold), figure.unit, ratio, figure.target, figure.verdict)
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    left = {0, 3, 5, 6}
    lines = []
    for row in rows:
        sized = enumerate(zip(row, widths))
        cells = (cell.ljust(width) if column in left else cell.rjust(width) for column, (cell, width) in sized)
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def text(seen):
    """The table: figures with targets first, then the others, then what casts doubt on them."""
    parts = []
    for title, figures in (("Against the targets", judged(seen)), ("Beside them", observed(seen))):
        if figures:
            parts.append(f"{title} (medians; ratios pinfold / floor, pair by pair)\n\n{_table(figures)}")
    doubts = [*warnings(seen), *seen.get("warnings", [])]
    if doubts:
        parts.append("Doubtful\n\n" + "\n".join(f"- {doubt}" for doubt in doubts))
    return "\n\n".join(parts)


def write(seen, plan, redis_version):
    """Everything, every single run included, as JSON."""
    machine = {"cores": os.cpu_count(), "system": platform.platform(), "redis": redis_version}
    whole = {
        "machine": machine,
        "plan": {**vars(plan), "only": sorted(plan.only)},
        "targets": [asdict(figure) for figure in judged(seen)],
        "figures": [asdict(figure) for figure in observed(seen)],
        "doubts": [*warnings(seen), *seen.get("warnings", [])],
        "seen": seen,
    }
    file = OUT / "results.json"
    file.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    return file
