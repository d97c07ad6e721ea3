"""Does damaged input ever crash, hang, fill the memory or lose an image?

    python benchmarks/fuzz.py [--count 1000] [--formats png,dicom] [--seed 0] [--failures FOLDER]

Damages files of each format (bits, holes, lengths, and the format's own joints: chunks, tags,
cells, keys, headers), always the same for one seed, and puts each through what ``hilum inspect``,
``compile`` and ``predict`` do, in a process of its own with a limit on memory; each
``--command-line``\\ th of them also through the command line itself. An input passes when it ends
as an image (ok) or in a sentence. A crash is any other exception or the end of the process, a hang
more than 10 s of processor time, memory more than 2 GiB beyond the loaded program, and lost an
image that is told of nowhere. Failing inputs are kept in a folder each, with what was said. Wanted:
no figure in the last four columns. Linux only; needs the extra ``dev``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path

from fuzz_child import COMMANDS, make_mutant, run_child
from fuzz_formats import FORMATS, Format
from rounds import print_table

OUTCOMES = ("ok", "sentence", "crash", "hang", "memory", "lost")
SECONDS = 10.0
"""Of processor time. The wall may show six times as much: the machine may be busy."""
COMMAND_LINE_MEMORY = 8 << 30
"""Address space; most of it the runtime only reserves."""


def main() -> None:
    """Fuzz and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000, help="damaged files per format")
    parser.add_argument("--formats", default=",".join(kind.name for kind in FORMATS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    parser.add_argument("--command-line", type=int, default=100, help="each so manieth; 0: none")
    arguments = parser.parse_args()

    chosen = [kind for kind in FORMATS if kind.name in arguments.formats.split(",")]
    totals: Counter[tuple[str, str, str]] = Counter()
    with tempfile.TemporaryDirectory() as place:
        for kind in chosen:
            fuzzer = Fuzzer(kind, arguments.seed, Path(place), arguments.failures, totals)
            fuzzer.run(range(arguments.count))
            if arguments.command_line:
                fuzzer.run_command_line(range(0, arguments.count, arguments.command_line))
    commands = (*COMMANDS, *(f"hilum {name}" for name in COMMANDS))
    rows = [
        (kind.name, command, *counts)
        for kind in chosen
        for command in commands
        if any(counts := [totals[kind.name, command, outcome] for outcome in OUTCOMES])
    ]
    print_table(("format", "command", *OUTCOMES), rows)
    bad = sum(totals[key] for key in totals if key[2] not in ("ok", "sentence"))
    print(f"\n{bad} failures" + (f", kept in {arguments.failures}" if bad else ""))
    sys.exit(bool(bad))


class Fuzzer:
    """Puts mutants of one format through everything, and counts in ``totals``."""

    def __init__(
        self,
        kind: Format,
        seed: int,
        place: Path,
        failures: Path,
        totals: Counter[tuple[str, str, str]],
    ) -> None:
        self._kind, self._seed, self._failures, self._totals = kind, seed, failures, totals
        self._folder = place / kind.name.replace(" ", "-")

    def run(self, numbers: Sequence[int]) -> None:
        """Many in one process; where it dies or hangs, another goes on with the next."""
        waiting = deque(numbers)
        while waiting:
            here, there = multiprocessing.get_context("spawn").Pipe()
            child = multiprocessing.get_context("spawn").Process(
                target=run_child,
                args=(there, self._kind.name, self._seed, tuple(waiting), self._folder),
            )
            child.start()
            there.close()
            number, command, outcome = self._listen(child, here)
            if number is None and outcome:
                raise SystemExit(f"{self._kind.name}: the process died before its first file")
            child.kill()
            child.join()
            while waiting and number is not None and waiting[0] <= number:
                waiting.popleft()
            if number is None:
                break
            self._note(number, command, outcome, f"exit status {child.exitcode}")

    def _listen(
        self, child: multiprocessing.process.BaseProcess, pipe: object
    ) -> tuple[int | None, str, str]:
        """(mutant, command, outcome) that ended the process; (None, "", "") where all went well."""
        number: int | None = None
        command = ""
        since = cpu = 0.0
        while True:
            try:
                if pipe.poll(0.5):  # type: ignore[attr-defined]
                    message = pipe.recv()  # type: ignore[attr-defined]
                    if message is None:
                        return None, "", ""
                    number, command, outcome, detail = message
                    since, cpu = time.monotonic(), processor_seconds(child.pid)
                    if outcome != "begins":
                        self._note(number, command, outcome, detail)
                    continue
            except (EOFError, ConnectionResetError):
                return number, command, "crash"
            if number is not None and (
                processor_seconds(child.pid) - cpu > SECONDS
                or time.monotonic() - since > 6 * SECONDS
            ):
                return number, command, "hang"

    def run_command_line(self, numbers: Sequence[int]) -> None:
        """Fewer, through the command line, each in a process of its own."""
        for number in numbers:
            sample = make_mutant(self._kind, self._seed, number, self._folder)
            for command in COMMANDS:
                given = [sample.folder, *sample.others] if command != "predict" else [sample.target]
                output = self._folder / f"out-{command}"
                wanted = ["-o", str(output)] if command != "inspect" else ["--workers", "1"]
                wanted += ["--workers", "1"] if command == "compile" else []
                self._run_one(number, command, [*map(str, given), *wanted])
                shutil.rmtree(output, ignore_errors=True)

    def _run_one(self, number: int, command: str, arguments: Sequence[str]) -> None:
        program = "from hilum.cli import main; main()"
        try:
            done = subprocess.run(
                [sys.executable, "-W", "error", "-c", program, command, *arguments],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=6 * SECONDS,
                check=False,
                preexec_fn=_limit,
            )
        except subprocess.TimeoutExpired:
            self._note(number, f"hilum {command}", "hang", "")
            return
        outcome = {0: "ok", 1: "sentence", 2: "sentence"}.get(done.returncode, "crash")
        if "Traceback" in done.stderr:
            outcome = "memory" if "MemoryError" in done.stderr else "crash"
        self._note(number, f"hilum {command}", outcome, done.stderr)

    def _note(self, number: int, command: str, outcome: str, detail: str) -> None:
        self._totals[self._kind.name, command, outcome] += 1
        if outcome in ("ok", "sentence"):
            return
        name = f"{self._kind.name}-{self._seed}-{number}-{command}-{outcome}".replace(" ", "-")
        kept = self._failures / name
        shutil.rmtree(kept, ignore_errors=True)
        # Not where the child works.
        again = self._folder.with_name("again")
        sample = make_mutant(self._kind, self._seed, number, again)
        kept.mkdir(parents=True)
        shutil.copy(sample.target, kept / sample.target.name)
        (kept / "said.txt").write_text(detail, encoding="utf-8", errors="replace")
        print(f"{name}: {detail.strip().splitlines()[-1] if detail.strip() else ''}", flush=True)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (int(2 * SECONDS), int(2 * SECONDS)))
    resource.setrlimit(resource.RLIMIT_AS, (COMMAND_LINE_MEMORY, COMMAND_LINE_MEMORY))


def processor_seconds(process: int | None) -> float:
    """How long the process has computed, on all its threads; 0 if it is gone."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
