"""Measure a piece of work in a process of its own: time, processor, memory, and its answer.

A piece of work is a function `prepare(*arguments)` that returns what is to be measured, a function
without arguments, whose result is the answer or, where that takes time, a function that gives it.
Neither what `prepare` does (imports, loading what a rival needs) nor that function is measured.
"""

import gc
import importlib
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from models.errors import EncaisseError


@dataclass(frozen=True)
class Run:
    """One run, or the medians of several. Memory is the peak of the whole process."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    answer: Any


class Work(NamedTuple):
    """What to measure: `module:function`, its arguments, and the cores it may use."""

    function: str
    arguments: tuple[str, ...]
    cores: int = 1


def in_turn(
    subjects: Mapping[str, Work], rounds: int, *, once: Collection[str] = ()
) -> dict[str, Run]:
    """Run the subjects one after the other, `rounds` times over, and return their medians.

    What disturbs the machine for a while then disturbs all of them.

    Args:
        subjects: What to run, by name.
        rounds: How many times.
        once: Names of those that take so long that they run in the first round alone.

    Raises:
        EncaisseError: A subject failed, or gave two answers.
    """
    runs: dict[str, list[Run]] = {name: [] for name in subjects}
    for nth in range(rounds):
        for name, work in subjects.items():
            if nth == 0 or name not in once:
                runs[name].append(in_fresh_process(work))
    return {name: _median(name, each) for name, each in runs.items()}


def in_fresh_process(work: Work) -> Run:
    """Run a piece of work once, in a process that has done nothing else."""
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "benchmarks.measuring",
            work.function,
            str(work.cores),
            *work.arguments,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode != 0:
        raise EncaisseError(
            f"{work.function} failed.",
            where=told.stderr.strip()[-2000:],
            fix="put it right, and measure again",
        )
    return Run(**json.loads(told.stdout.splitlines()[-1]))


def agree(answers: Mapping[str, Any]) -> None:
    """Make sure that everybody gives the same answer: a fast wrong one is worth nothing.

    Raises:
        EncaisseError: Two answers differ.
    """
    (first, expected), *others = answers.items()
    for name, answer in others:
        if answer != expected:
            raise EncaisseError(
                f"{first} and {name} do not agree: {expected} and {answer}.",
                where="the benchmarks",
                fix="find out who is wrong before anything is compared",
            )


def growth(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """Return the exponent `e` of cost = c x size^e that fits best: 1 is linear.

    >>> round(growth([10, 100, 1000], [2.0, 20.0, 200.0]), 3)
    1.0
    """
    slope, _ = statistics.linear_regression(
        [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    )
    return slope


def _median(name: str, runs: list[Run]) -> Run:
    if any(run.answer != runs[0].answer for run in runs):
        raise EncaisseError(
            f"{name} gave two answers to one question.",
            where="the benchmarks",
            fix="find out which one is wrong",
        )
    return Run(
        statistics.median(run.wall_seconds for run in runs),
        statistics.median(run.cpu_seconds for run in runs),
        statistics.median(run.peak_mb for run in runs),
        runs[0].answer,
    )


def _cpu_seconds() -> float:
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def start_peak_anew() -> None:
    """Forget the largest memory so far: `peak_mb` tells that of what follows."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mb() -> float:
    """Return the largest memory this program has had: not that of whoever started it."""
    return _status_mb("VmHWM")


def memory_mb() -> float:
    """Return the memory that this program has now."""
    return _status_mb("VmRSS")


def _status_mb(name: str) -> float:
    with open("/proc/self/status", encoding="ascii") as status:
        [line] = [line for line in status if line.startswith(name)]
    return int(line.split()[1]) / 1024


def _measure(function: str, cores: int, arguments: list[str]) -> Run:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    module, _, name = function.partition(":")
    work = getattr(importlib.import_module(module), name)(*arguments)
    gc.collect()
    began, cpu_before = time.perf_counter(), _cpu_seconds()
    answer = work()
    wall, cpu, peak = time.perf_counter() - began, _cpu_seconds() - cpu_before, peak_mb()
    if callable(answer):
        answer = answer()
    return Run(wall, cpu, peak, answer)


if __name__ == "__main__":
    print(json.dumps(vars(_measure(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))))
