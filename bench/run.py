"""`make bench`: measures Pinfold beside a floor, the least an honest server can do, in the same run.

    python3 bench/run.py [--quick] [--only STAGE,…] [--pins N] [--pinfold-bin PATH] [--floor-only] [--strict]

Prints a table and writes every run to target/bench/results.json. What is measured and how is in bench/README.md.
"""

import argparse
import os
import shutil
import signal
import sys
from pathlib import Path

from harness import build, loads, plan, report, services
from harness.floor import Floor, RecordingFloor
from harness.numbers import Numbers
from harness.pinfold import Pinfold
from harness.places import LOGS, OUT, Failure
from harness.progress import say
from harness.sink import Sink
from stages import dialects, expiry, fairness, guard, latency, memory, round_trips, throughput, verifications, worker

# Name, what runs it, whether it compares: the others have no floor to compare with.
STAGES = (
    ("round_trips", round_trips.count, True),
    ("send", throughput.sends, True),
    ("verify", throughput.verifies, True),
    ("wrong_guess", throughput.wrong_guesses, True),
    ("fixed_rate", latency.fixed_rate, True),
    ("worker", worker.deliveries, True),
    ("dialects", dialects.sends, False),
    ("guard", guard.sends, False),
    ("fairness", fairness.modest_tenant, False),
    ("memory", memory.per_pin, False),
    ("expiry", expiry.keys_left, False),
    ("verifications", verifications.pages, False),
)


class Bench:
    """The sides, the sink, and what was seen."""

    def __init__(self, chosen, pinfold_program, workers):
        self.plan = chosen
        self.numbers = Numbers()
        self.seen = {"warnings": []}
        self.pinfold = self.sink = self.recording_floor = None
        self.sides = []
        try:
            self.sink = Sink()
            self.sides.append(Floor(workers, self.sink))
            if not chosen.only or "worker" in chosen.only:
                self.recording_floor = RecordingFloor(workers, self.sink)
            if pinfold_program:
                self.pinfold = Pinfold(pinfold_program, workers, self.sink)
                self.sides.append(self.pinfold)
        except BaseException:
            self.stop()
            raise

    def run(self):
        for name, measure, compares in STAGES:
            if (self.plan.only and name not in self.plan.only) or not (compares or self.pinfold):
                continue
            self.seen[name] = measure(self)
            report.write(self.seen, self.plan, self.sides[0].redis.info("server")["redis_version"])

    def in_turn(self, what, times, run, besides=()):
        """Runs on each side, the order changing each time; returns the runs by side."""
        sides = [*self.sides, *besides]
        found = {side.name: [] for side in sides}
        for turn in range(times):
            for side in sides if turn % 2 == 0 else reversed(sides):
                seen = run(side)
                found[side.name].append(seen)
                cost = "  ".join(f"{name} {value:.1f} us" for name, value in seen["cpu_us"].items())
                say(f"{what} {turn + 1}/{times}: {side.name:12s} {seen['per_second']:8.0f}/s  {cost}")
        return found

    def warn(self, text):
        say(text)
        self.seen["warnings"].append(text)

    def stop(self):
        for side in [*self.sides, self.recording_floor]:
            if side:
                side.stop()
        if self.sink:
            self.sink.stop()
        for side in self.sides:
            loads.ids_file(side).unlink(missing_ok=True)


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="about a minute: shows that everything works, proves little")
    parser.add_argument("--only", default="", help=f"some of {','.join(name for name, _, _ in STAGES)}")
    parser.add_argument("--pins", type=int, help="live PINs of the large memory measure")
    parser.add_argument("--pairs", type=int, help="runs of send and verify on each side")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="server threads of either side")
    parser.add_argument("--pinfold-bin", type=Path, help="measure this executable instead of building one")
    parser.add_argument("--floor-only", action="store_true", help="measure the floor alone")
    parser.add_argument("--strict", action="store_true", help="end with 1 when a target is missed")
    arguments = parser.parse_args()
    unknown = set(filter(None, arguments.only.split(","))) - {name for name, _, _ in STAGES}
    if unknown:
        parser.error(f"no such stage: {', '.join(sorted(unknown))}")
    return arguments


def _plan(arguments):
    changes = {"only": frozenset(filter(None, arguments.only.split(",")))}
    if arguments.pins:
        changes["memory_pins"] = arguments.pins
    if arguments.pairs:
        changes["pairs"] = arguments.pairs
    return (plan.quick if arguments.quick else plan.full)(**changes)


def main():
    arguments = _arguments()
    if not Path("/proc/self/stat").exists():
        raise Failure("The bench reads CPU times from /proc, so it runs on Linux only.")
    loads.check_programs()
    services.ensure_programs()
    build.floor()
    program = None if arguments.floor_only else arguments.pinfold_bin or build.pinfold()
    shutil.rmtree(LOGS, ignore_errors=True)
    OUT.mkdir(parents=True, exist_ok=True)
    bench = Bench(_plan(arguments), program, arguments.workers)
    try:
        bench.run()
        print(report.text(bench.seen))
    finally:
        bench.stop()
    say(f"every run is in {OUT / 'results.json'}")
    missed = [figure.what for figure in report.judged(bench.seen) if figure.verdict == "MISS"]
    return 1 if arguments.strict and missed else 0


def _end(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    try:
        sys.exit(main())
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
