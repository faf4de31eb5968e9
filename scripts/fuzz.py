#!/usr/bin/env python3
"""Does bad input ever break the program? Thousands of odd and damaged files say so.

Draws files by number: parameter files over all keys, recordings as laboratories have them, stores
of simulations, results and checkpoints of benchmarks, target files. Most are odd or damaged. Gives
each to a command in a process of its own, with little memory and time. What counts as a fault: an
exit code other than 0, 2, 3, 130 and 141; a traceback; no end; a refusal whose lines name neither
a file, a key nor a line; outputs that are half-written, and inputs that are lost. Prints a row for
each kind of file; exits with 1 if there is any fault, and then names the cases, which can be run
again by their kind and number:

    scripts/fuzz.py --only recording:812 --keep folder
"""

import argparse
import gzip
import importlib
import json
import multiprocessing
import os
import pkgutil
import re
import resource
import select
import shutil
import signal
import sys
import tempfile
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # threads do not outlive the fork of a process

import h5py
import numpy as np
import results
from compare_engines import Draw as ValidDraw
from compare_engines import random_keys
from small_jobs import JOBS, SMALL, STORE, VARY, write_inputs

import spikinggrid
from spikinggrid.__main__ import main as command_line
from spikinggrid.digits.task import load_images
from spikinggrid.digits.training import Training
from spikinggrid.parameters import reference
from spikinggrid.parameters.files import load
from spikinggrid.parameters.tables.mea import LAYOUTS
from spikinggrid.recordings import Recording
from spikinggrid.simulation.dish import Dish
from spikinggrid.utils.progress import Progress

#: A case that takes more processor time hangs, s; so does one that waits for `LONGEST`.
PATIENCE, LONGEST = 60, 600.0

#: A case may take so much memory more than what is loaded, bytes.
MEMORY = 6_000_000_000

ALLOWED = {0, 2, 3, 130, 141}

#: No line of a message is longer; that of all formats that can be read is the longest.
LONGEST_LINE = 1000


def main() -> int:
    """Run all cases, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--parameters", type=int, default=5000, help="parameter files (default 5000)"
    )
    parser.add_argument(
        "--recordings", type=int, default=1000, help="recordings and other files (default 1000)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of all draws (default 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="cases at a time")
    parser.add_argument("--only", metavar="KIND:NUMBER", help="run one case, and show its message")
    parser.add_argument("--keep", type=Path, help="folder for the cases with faults")
    results.add_argument(parser)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        samples = Path(folder, "samples")
        make_samples(samples)
        cases = [
            Case(kind, number, arguments.seed, samples, arguments.keep)
            for kind, share in KINDS.items()
            for number in range(share.n(arguments.parameters, arguments.recordings))
        ]
        if arguments.only:
            kind, _, number = arguments.only.partition(":")
            cases = [replace(cases[0], kind=kind, number=int(number))]
        outcomes = list(run_all(cases, arguments.jobs))
    if arguments.only:
        print(*outcomes, sep="\n")
    results.show(as_table(outcomes), arguments.json)
    return int(any(outcome.faults for outcome in outcomes))


# --- cases -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One file, or several, that a command is given; drawn from its number alone."""

    kind: str
    number: int
    seed: int
    samples: Path
    keep: Path | None = None

    def write(self, folder: Path) -> list[str]:
        """Write the files into a folder, and return the command line."""
        place = list(KINDS).index(self.kind)
        draw = Draw(np.random.default_rng([self.seed, place, self.number]))
        return KINDS[self.kind].write(draw, self.samples, folder)


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    case: Case
    words: list[str]
    code: int | None
    faults: list[str]
    message: str
    seconds: float

    def __str__(self) -> str:
        """Return the case with its faults and the end of its message."""
        name = f"{self.case.kind}:{self.case.number}"
        head = f"{name} ({self.seconds:.1f} s, exit code {self.code}) {' '.join(self.words)[:300]}"
        return "\n    ".join([head, *self.faults, *self.message.splitlines()[-12:]])


class Draw(ValidDraw):
    """Random choices, of which many are odd."""

    def number(self, low: int, high: int) -> int:
        """Return a whole number from `low` up to, but not including, `high`."""
        return int(self._generator.integers(low, high))

    def some(self, values: list, n: int) -> list:
        """Return n of some values, each once."""
        return [values[i] for i in self._generator.permutation(len(values))[:n]]

    def content(self, n: int) -> bytes:
        """Return random bytes."""
        return self._generator.bytes(n)


def run_all(cases: list[Case], jobs: int) -> Iterator[Outcome]:
    """Run cases, each in a process of its own, and tell of those with faults."""
    context = multiprocessing.get_context("fork")
    with context.Pool(jobs) as pool, Progress(len(cases), "case", "running") as progress:
        for outcome in pool.imap_unordered(run, cases, chunksize=1):
            if outcome.faults:
                print(outcome, file=sys.stderr, flush=True)
            progress.advance()
            yield outcome


def run(case: Case) -> Outcome:
    """Run a case in a folder of its own, and look at what it said and left there."""
    with tempfile.TemporaryDirectory(prefix="case-") as name:
        folder = Path(name)
        words = case.write(folder)
        before = contents(folder)
        code, out, err, seconds = in_own_process(words, folder)
        faults = list(faults_of(words, code, out, err, before, contents(folder)))
        if faults and case.keep:
            shutil.copytree(folder, case.keep / f"{case.kind}-{case.number}", dirs_exist_ok=True)
        return Outcome(case, words, code, faults, err, seconds)


def in_own_process(words: list[str], folder: Path) -> tuple[int | None, str, str, float]:
    """Run a command in a fork of this process.

    Returns
    -------
    code : int or None
        Its exit code; None if it hung.
    out, err : str
        What it printed.
    seconds : float
        The processor time that it took.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            _become(words, folder, out.fileno(), err.fileno())
        handle = os.pidfd_open(pid)
        ended, _, _ = select.select([handle], [], [], LONGEST)
        os.close(handle)
        if not ended:
            os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        code: int | None = os.waitstatus_to_exitcode(status)
        if not ended or code == -signal.SIGXCPU:
            code = None
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="backslashreplace"))
        return code, *texts, usage.ru_utime + usage.ru_stime


def _become(words: list[str], folder: Path, out: int, err: int) -> None:
    """Become the command line: this never returns."""
    code = 99
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.chdir(folder)
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE + 10))
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, mode) for n, mode in enumerate("rww"))
        sys.argv = ["spikinggrid", *words]
        try:
            code = command_line()
        except SystemExit as end:  # of --help
            code = end.code or 0
        except BaseException:
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def contents(folder: Path) -> dict[str, bytes]:
    """Return the content of all files in a folder by their names."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


# --- what is a fault -------------------------------------------------------------------

NO_END, TRACEBACK, CODE = "no end", "traceback", "exit code"
NAMES_NOTHING, HALF_WRITTEN, OTHER = "names nothing", "half-written", "other"
FAULTS = (CODE, TRACEBACK, NO_END, NAMES_NOTHING, HALF_WRITTEN, OTHER)


def faults_of(
    words: list[str],
    code: int | None,
    out: str,
    err: str,
    before: dict[str, bytes],
    after: dict[str, bytes],
) -> Iterator[str]:
    """Yield what is wrong with what a command said and left behind."""
    if code is None:
        yield NO_END
        return
    if code not in ALLOWED:
        yield f"{CODE} {code}"
    if "Traceback (most recent call last)" in out + err:
        yield TRACEBACK
        return
    lines = [line for line in err.splitlines() if line.strip()]
    if code in (2, 3):
        if not lines:
            yield f"{NAMES_NOTHING}: there is no message"
        yield from (f"{NAMES_NOTHING}: {line}" for line in unclear(lines, words, before))
    if any(len(line) > LONGEST_LINE for line in lines) or len(lines) > 40:
        yield f"{OTHER}: a message of {max(map(len, lines))} characters and {len(lines)} lines"
    yield from (f"{HALF_WRITTEN}: {text}" for text in lost(words, before, after))
    new = {name: content for name, content in after.items() if before.get(name) != content}
    yield from (f"{HALF_WRITTEN}: {name}" for name in new if not is_whole(name, new[name]))
    if code and (left := [name for name in new if not name.endswith((".jsonl", ".part.h5"))]):
        yield f"{HALF_WRITTEN}: {', '.join(left)} in spite of the exit code"


def unclear(lines: list[str], words: list[str], before: dict[str, bytes]) -> Iterator[str]:
    """Yield those lines of a message that name no file, key, line or package to install."""
    files = {*(Path(name).name for name in before), *(w for w in words if Path(w).suffix)}
    for line in lines:
        names_file = any(name[:100] in line for name in files)  # the rest may be left out
        if not (names_file or NAMED.search(line) or TOLD.search(line)):
            yield line


#: What is said before a refusal: warnings, how long something takes, and how it goes.
TOLD = re.compile(
    r"^warning: |, about .* on \d+ processor|^where the search starts|^\d+ simulations \("
    r"|\d+ of [\d,]+ \w+ \(\d+ %\)"
)


@cache
def _named() -> re.Pattern[str]:
    keys = {key.name for section in reference.sections() for key in section.keys}
    tables = {part for section in reference.sections() for part in section.name.split(".")}
    names = "|".join(sorted(keys | tables, key=len, reverse=True))
    return re.compile(
        rf"--[a-z]|pip install|\bline \d|\b({names})\b[^.,;]*:|\b[a-z_]+\.({names})\b"
    )


NAMED = _named()


def lost(words: list[str], before: dict[str, bytes], after: dict[str, bytes]) -> Iterator[str]:
    """Yield inputs that are gone or changed; stores may grow, and checkpoints go at the end."""
    for name, content in before.items():
        if name.endswith(".part.h5") or "--restart" in words:
            continue
        now = after.get(name)
        if now is None:
            yield f"{name} is gone"
        elif name.endswith(".jsonl"):
            whole = content[: content.rfind(b"\n") + 1]
            if not now.startswith(whole):
                yield f"{name} has lost lines"
        elif now != content and name != "b/result.h5":  # made anew from all cultures
            yield f"{name} has changed"


def is_whole(name: str, content: bytes) -> bool:
    """Return whether an output is of its kind from beginning to end."""
    if Path(name).name.startswith("."):
        return False
    match Path(name).suffix:
        case ".h5" | ".nwb":
            return _is_whole_hdf5(content)
        case ".png":
            return content.endswith(b"IEND\xaeB`\x82")
        case ".pdf":
            return content.rstrip().endswith(b"%%EOF")
        case ".svg":
            return content.rstrip().endswith(b"</svg>")
        case ".toml":
            return bool(tomllib.loads(content.decode()))
        case ".jsonl":
            return content.endswith(b"\n") and all(map(json.loads, content.splitlines()))
        case _:
            return content.endswith(b"\n")


def _is_whole_hdf5(content: bytes) -> bool:
    with tempfile.NamedTemporaryFile(suffix=".h5") as file:
        file.write(content)
        file.flush()
        try:
            with h5py.File(file.name) as hdf5:
                hdf5.visititems(lambda name, item: item[()] if hasattr(item, "dtype") else None)
        except (OSError, KeyError, RuntimeError):
            return False
    return True


def as_table(outcomes: list[Outcome]) -> results.Table:
    """Return a row for each kind of file."""
    codes = {"done": 0, "refused": 2, "no answer": 3}
    rows = []
    for kind in [*dict.fromkeys(outcome.case.kind for outcome in outcomes), "all"]:
        of_kind = [outcome for outcome in outcomes if kind in ("all", outcome.case.kind)]
        ends = Counter(outcome.code for outcome in of_kind)
        of_faults = Counter(fault.partition(":")[0] for o in of_kind for fault in set(o.faults))
        counts = [sum(n for text, n in of_faults.items() if text.startswith(f)) for f in FAULTS]
        slowest = max(outcome.seconds for outcome in of_kind)
        numbers = [len(of_kind), *(ends[code] for code in codes.values()), *counts]
        rows.append([kind, *(f"{number:,}" for number in numbers), f"{slowest:.0f} s"])
    columns = ["files", "cases", *codes, *FAULTS, "longest"]
    notes = f"No end: not within {PATIENCE} s of processor time. Longest: of processor time."
    return results.Table("Odd and damaged input", columns, rows, notes)


# --- damage ----------------------------------------------------------------------------

#: What gets into text by mistake.
TOKENS = [
    *(b",", b";", b"\t", b"\n", b"\r", b'"', b"#", b"\0", b"-", b"=", b" ", b"[", b"{", b"'", b"."),
    *(b"1e999", b"1e308", b"nan", b"1_0", "\u0661".encode(), b"\xff", b"\xff\xfe", b"\xef\xbb\xbf"),
    *(b"Time", b"Time (s),Electrode\n", b"# t_stop = 1e300 s\n", b"A1_11", b"inf", b"\n\n", b"0,5"),
]


def damaged(draw: Draw, content: bytes) -> bytes:
    """Return content with some bytes changed, lost, put in, or cut off."""
    now = bytearray(content)
    for _ in range(draw.one(0, 0, 1, 1, 1, 2, 5, 20)):
        place = draw.number(0, len(now) + 1)
        match draw.one("token", "loss", "byte", "byte", "copy", "cut", "bit"):
            case "token":
                now[place:place] = draw.one(*TOKENS)
            case "loss":
                del now[place : place + draw.one(1, 1, 3, 50, max(1, len(now) // 3))]
            case "copy":
                start = draw.number(0, len(now) + 1)
                now[place:place] = now[start : start + draw.one(5, 100)]
            case "cut":
                del now[place:]
            case "bit" if place < len(now):
                now[place] ^= 1 << draw.number(0, 8)
            case "byte" if place < len(now):
                now[place] = draw.number(0, 256)
    return bytes(now)


def damaged_hdf5(draw: Draw, path: Path) -> None:
    """Change some datasets and attributes of an HDF5 file: lost, or of odd shapes and types."""
    with h5py.File(path, "r+") as file:
        for _ in range(draw.one(1, 1, 2, 3)):
            names: list[str] = []
            file.visit(names.append)
            if draw.chance(0.3):
                owner = file[draw.one(*names)] if names and draw.chance(0.5) else file
                if len(owner.attrs):
                    name = draw.one(*owner.attrs)
                    old = owner.attrs[name]
                    del owner.attrs[name]
                    if draw.chance(0.8):
                        owner.attrs[name] = odd_array(draw, old, small=True)
            elif names:
                name = draw.one(*names)
                is_small = isinstance(file[name], h5py.Dataset) and file[name].nbytes < 1e8
                old = file[name][()] if is_small else None
                del file[name]
                odd_item(draw, file, name, old)


def odd_item(draw: Draw, file: h5py.File, name: str, old: object) -> None:
    """Put something odd in the place of a dataset, or nothing."""
    match draw.one("nothing", "array", "array", "array", "group", "link", "outside", "huge"):
        case "array":
            file[name] = odd_array(draw, old)
        case "group":
            file.create_group(name)
        case "link":
            file[name] = h5py.SoftLink("/nowhere")
        case "outside":
            file[name] = h5py.ExternalLink(draw.one("other.h5", "/dev/zero"), "/spikes")
        case "huge":
            shape = draw.one((10**12,), (10**6, 10**6), (2**40,))
            file.create_dataset(name, shape, draw.one("f8", "i8", "S8"), chunks=True)


def odd_array(draw: Draw, old: object, small: bool = False) -> object:
    """Return values like the old ones, but odd."""
    values = np.atleast_1d(np.asarray(0.0 if old is None else old))
    values = values.astype("S") if values.dtype.kind == "U" else values
    numeric = values.dtype.kind in "fiub"
    match draw.one("text", "empty", "scalar", "matrix", "short", "long", "value", "type", "void"):
        case "text":
            return draw.one("text", b"\xff\xfe", "", "\u0661", "x" * 300)
        case "empty":
            return draw.one(np.empty(0), h5py.Empty("f8"), np.empty((0, 3)))
        case "scalar":
            return draw.one(0, -1, 1e300, np.nan, True, 2**63 - 1)
        case "matrix":
            return np.zeros((2, 3)) if small else np.resize(values, (2, max(1, values.size)))
        case "short":
            return values.ravel()[: draw.number(0, values.size + 1)]
        case "long":
            return np.resize(values, values.size + draw.one(1, 5))
        case "value" if numeric and values.size:
            changed = values.astype(float).ravel()
            changed[draw.number(0, changed.size)] = draw.one(np.nan, np.inf, -1.0, 1e300, 0.5, 1e12)
            return changed.reshape(values.shape)
        case "type" if numeric:
            return values.astype(draw.one("f4", "i2", "u1", "c16", "S5", "?"))
        case _:
            return np.zeros(2, [("time", "f8"), ("electrode", "i4")])


# --- parameter files -------------------------------------------------------------------

#: Values of wrong types, in TOML.
JUNK = [
    *("true", "[]", "{}", "[1, [2]]", "1979-05-27", '""', '"x"', "nan", "-inf", "inf", "{a = 1}"),
    *("0", "-1", "1", "0.5", "1e308", "1e-308", "1_000", "0x1f", str(10**30), "9" * 5000, "-0.0"),
    *('"1e300 s"', '"1e-300 V"', '"nan mV"', '"inf s"', '"5 parsec"', '"5"', '"ms"', '"1 ms 2"'),
    *(
        '"\\u0663 ms"',
        '"5 mV/s"',
        '"1_0 ms"',
        '"5ms"',
        '"1,5 ms"',
        '"-5 mV"',
        '"0 Hz"',
        '"\\u0000"',
    ),
    *(
        f'"{"long" * 1500}"',
        '"\\U0001F9E0"',
        f"[{'1, ' * 3000}]",
        '"9e99999999 s"',
        "[[0, 1], ['a']]",
    ),
    *('"none"', '"all"', '"L"', '"../x"', '"/dev/zero"', '"a\\nb"', "''", '"image-to-labels"'),
]

#: What is no TOML, or goes too deep.
DEBRIS = [
    *(
        "[",
        "]",
        "= 1",
        "a = ",
        '"',
        "[neuron",
        "[[stimulation]]",
        "[neuron]\n[neuron]",
        "a = 1\na = 2",
    ),
    *("x = " + "[" * 5000, "x = " + "[" * 90 + "]" * 90, "x." * 5000 + "y = 1", "a.b.c.d.e = 1"),
    *("x = " + "{a = " * 300, "\0", "\x1b[31m", "x = '''", "# " + "x" * 10_000, "\N{SNOWMAN} = 1"),
    "\n".join(f"unknown{n} = 1" for n in range(3000)),
]

#: These make work long that is right: they are small, or too large by far.
SIZES = {"n_neurons", "rows", "columns", "n_presentations", "evaluation_interval", "repeats"}


def parameter_file(draw: Draw, samples: Path, folder: Path) -> list[str]:
    """Write a parameter file, perhaps one that others extend, and say what to do with it."""
    write_inputs(folder)
    (folder / "small.toml").rename(folder / "other.toml")
    keys = {name: in_toml(value) for name, value in drawn_keys(draw)}
    known = [key for section in reference.sections() for key in section.keys]
    for key in draw.some(known, draw.one(0, 0, 0, 1, 1, 1, 2, 4, 12)):
        keys[misspelled(draw, full(key)) if draw.chance(0.1) else full(key)] = odd_value(draw, key)
    lines = [f"{name} = {value}" for name, value in keys.items()]
    if draw.chance(0.1):
        lines.insert(draw.number(0, len(lines) + 1), draw.one(*DEBRIS))
    name = draw.one(*["odd.toml"] * 9, "od d\N{SNOWMAN}.toml", "o" * 200 + ".toml", "odd.h5", "odd")
    text = "\n".join([f"extends = {extended(draw, folder, name)}", *lines, ""])
    (folder / name).write_bytes(encoded(draw, text))
    return command_for(draw, name, known)


def drawn_keys(draw: Draw) -> Iterator[tuple[str, object]]:
    """Yield keys that go together, or examples, or nothing but what makes the culture small."""
    match draw.one("valid", "valid", "valid", "examples", "few"):
        case "valid":
            yield from random_keys(draw)
        case "examples":
            sections = draw.some(list(reference.sections()), draw.number(1, 5))
            for key in (key for section in sections for key in section.keys):
                if key.table != "stimulation" and draw.chance(0.7):
                    yield full(key), draw.one(key.example, *map(json.dumps, key.choices))
        case "few":
            yield "culture.n_neurons", draw.one(1, 50, 200)
            yield "synapses.excitatory.synapses_per_neuron", draw.one(0.5, 8.0)
            yield "synapses.inhibitory.synapses_per_neuron", draw.one(0.5, 8.0)


def full(key: reference.Key) -> str:
    """Return the whole name of a key."""
    return f"{key.table}.{key.name}"


def in_toml(value: object) -> str:
    """Return a value as TOML, given as it is or as the options of a command have it."""
    text = str(value)
    is_literal = re.fullmatch(r"[-+.\deE]+|true|false|[\[{\"].*", text)
    return text if is_literal else json.dumps(text)


def odd_value(draw: Draw, key: reference.Key) -> str:
    """Return a value for a key that may be right, but rarely is."""
    if key.table == "stimulation":
        return in_toml(key.example)
    if draw.chance(0.4):
        return draw.one(*JUNK)
    if key.choices:
        return json.dumps(draw.one(*key.choices, key.choices[0].upper(), key.choices[0][:-1]))
    if key.name == "layout":
        return json.dumps(draw.one(*LAYOUTS, "x.csv", "grid.csv", "8x8", ".csv"))
    if key.name in SIZES:
        return draw.one("0", "1", "2", "7", "40", "-3", str(10**9), str(10**15), str(10**25))
    number = draw.among(*draw.one((1e-12, 1e12), (0.01, 100), (1e-300, 1e300)))
    sign = "-" if draw.chance(0.15) else ""
    if not key.unit:
        return sign + number
    units = [key.unit, *("m" + key.unit, "u" + key.unit, "k" + key.unit), "s", "mV", "Hz", "um", ""]
    return json.dumps(f"{sign}{number} {draw.one(*units[:2] * 5, *units)}")


def misspelled(draw: Draw, name: str) -> str:
    """Return a key that is not there."""
    place = draw.number(0, len(name))
    return draw.one(
        name[:place] + name[place + 1 :],
        name + ".x",
        f"{name}2",
        f'"{name}"',
        name.upper(),
        name.partition(".")[2],
        f'"{"k" * 400}"',
        f'"{name}\\n"',
    )


def extended(draw: Draw, folder: Path, name: str) -> str:
    """Return what a file extends, and write what is missing of a chain of files."""
    match draw.one(*["preset"] * 14, *["file"] * 3, "chain", "circle", "odd"):
        case "preset":
            return json.dumps(draw.one("culture", "culture", "dissociated", "digits/two"))
        case "file":
            return json.dumps(draw.one("other", "other.toml", "./other.toml"))
        case "odd":
            return draw.one(
                '""', "1", "[]", '"."', '"nobody"', '"/dev/zero"', f'"{"x" * 999}"', "["
            )
        case kind:
            last = "culture" if kind == "chain" else name
            n = draw.one(2, 5, 30, 400)
            for number in range(n):
                base = f"c{number + 1}.toml" if number + 1 < n else last
                (folder / f"c{number}.toml").write_text(f"extends = {json.dumps(base)}\n")
            return '"c0.toml"'


def encoded(draw: Draw, text: str) -> bytes:
    """Return text in some encoding, perhaps damaged."""
    encoding = draw.one(*["utf-8"] * 20, "utf-8-sig", "utf-16", "latin-1", "utf-32", "utf-16-be")
    if draw.chance(0.05):
        text = text.replace("\n", draw.one("\r\n", "\r", "\n\n"))
    content = text.encode(encoding, errors="replace")
    return damaged(draw, content) if draw.chance(0.15) else content


def command_for(draw: Draw, name: str, known: list[reference.Key]) -> list[str]:
    """Return what is done with a parameter file: shown, or used for a moment."""
    short = [
        *("--set", "simulation.duration=30 ms", "--set", "simulation.warmup=0 ms"),
        *("--set", "simulation.dt=1 ms"),
    ]
    taught = ["digits.n_presentations=2", "digits.evaluation_interval=1", "digits.n_images=40"]
    taught += ["digits.evaluation_images=4", "digits.presentation=10 ms"]
    few = [word for line in taught for word in ("--set", line)]
    words = draw.one(
        *[["parameters", "show", name]] * 7,
        *[["simulate", name, *short, *draw.one([], ["--output", "x.h5"], ["--json"])]] * 7,
        *[["plot", name, "wiring", *draw.one([], ["--output", "x.png"])]] * 2,
        ["benchmark", name, *few, "--output", "b", "--jobs", "1"],
        [
            "sweep",
            name,
            *short,
            "--vary",
            draw.one("noise.drive=5 mV,6 mV", "x=1,2"),
            "--jobs",
            "1",
        ],
        ["infer", name, *short, "--check", *VARY, "--simulations", "200", "--jobs", "1"],
        ["advise", name, *short, *VARY, "--like", "cortex_div21", *ADVISED],
        ["fit", name, "cortex_div21", *VARY, "--duration", "30 ms", "--jobs", "1", *FEW],
    )
    if draw.chance(0.1):
        key = draw.one(*known)
        change = f"{misspelled(draw, full(key)) if draw.chance(0.2) else full(key)}"
        if words[0] in ("parameters", "simulate"):
            words = [*words, "--set", f"{change}={odd_value(draw, key)}".replace("\0", "")]
    if draw.chance(0.05) and words[0] not in ("parameters", "benchmark", "infer"):
        suffix = {"simulate": ".h5", "fit": ".toml", "advise": ".md"}.get(words[0], ".png")
        words = [*words, "--output", odd_name(draw, suffix)]
    return words


#: Advice and a search that end at once.
ADVISED = ["--simulations", "20", "--checks", "2", "--jobs", "1"]
FEW = ["--generations", "1", "--population", "4", "--cultures", "1", "--checks", "1"]


def odd_name(draw: Draw, suffix: str) -> str:
    """Return the name of a file that can hardly be written."""
    return draw.one(
        *("", ".", "/", "x", suffix, "-", f"none/x{suffix}", f"/dev/null/x{suffix}", "/dev/null"),
        *(
            f"{'x' * 300}{suffix}",
            f"x.{suffix}",
            "other.toml",
            f"\N{SNOWMAN}{suffix}",
            f"/proc/x{suffix}",
        ),
    )


# --- recordings ------------------------------------------------------------------------

#: What a user says of a recording.
READING = [
    *(
        [],
        [],
        [],
        [],
        ["--time-unit", "ms"],
        ["--time-unit", "samples", "--sampling-rate", "20 kHz"],
    ),
    *(["--columns", "time,electrode"], ["--columns", "electrode,time_us"], ["--well", "A1"]),
    *(
        ["--sampling-rate", "nan"],
        ["--time-unit", "h"],
        ["--columns", ",,"],
        ["--well", "\N{SNOWMAN}"],
    ),
]


def recording(draw: Draw, samples: Path, folder: Path) -> list[str]:
    """Write a recording, damaged perhaps, and say what to do with it."""
    source = draw.one(*sorted((samples / "recordings").iterdir()))
    name = source.name if draw.chance(0.9) else f"\N{SNOWMAN} {source.name}"
    path = folder / name
    shutil.copy(source, path)
    if source.suffix in (".h5", ".nwb") and draw.chance(0.5):
        damaged_hdf5(draw, path)
    elif draw.chance(0.8):
        content = damaged(draw, path.read_bytes())
        path.write_bytes(gzip.compress(content) if draw.chance(0.1) else content)
        if draw.chance(0.1):
            path.write_bytes(damaged(draw, path.read_bytes()))
    reading = draw.one(*READING) if draw.chance(0.3) else []
    whole = str(samples / "recordings" / "real.h5")
    kinds = ["raster", "rates", "bursts", "psth"]
    stretch = draw.one([], [], ["--from", "1 s"], ["--to", "nan"], ["--from", "9", "--to", "3"])
    if draw.chance(0.4):
        return ["statistics", name, "--json", *reading]
    return draw.one(
        ["statistics", name, *reading],
        ["statistics", name, whole, *reading],
        ["plot", name, draw.one(*kinds), *stretch, *reading],
        ["plot", name, draw.one(*kinds), *draw.one([], ["--electrodes", "12,x"]), *reading],
        ["plot", name, "compare", "--with", whole, *reading],
        ["plot", name, draw.one("wiring", "confusion")],
        ["targets", name, *draw.one([], ["--output", "t.toml"]), *reading],
        ["simulate", name, "--output", "again.h5"],
        ["convert", name, draw.one("other.nwb", "other.csv", "other.h5"), *reading],
        ["parameters", "show", name],
        ["benchmark", name, "--output", "b", "--jobs", "1"],
        ["advise", "dissociated", "--like", name, *VARY, *ADVISED],
    )


def store(draw: Draw, samples: Path, folder: Path) -> list[str]:
    """Go on with a store that is damaged or odd."""
    job = draw.one("sweep", "fit")
    shutil.copy(samples / job / "small.toml", folder)
    content = (samples / job / STORE).read_bytes()
    if draw.chance(0.5):
        content = damaged(draw, content)
    else:
        lines = content.splitlines(keepends=True)
        for _ in range(draw.one(1, 2)):
            match draw.one("loss", "twice", "order", "edit"):
                case "loss":
                    del lines[draw.number(0, len(lines))]
                case "twice":
                    lines.insert(draw.number(0, len(lines)), draw.one(*lines))
                case "order":
                    lines = draw.some(lines, len(lines))
                case "edit":
                    place = draw.number(0, len(lines))
                    old = draw.one(b'"seed": ', b'"point": ', b'"plan": ', b'"versions": ', b"null")
                    lines[place] = lines[place].replace(
                        old, old + draw.one(b"1", b"[", b"null, "), 1
                    )
        content = b"".join(lines)
    (folder / STORE).write_bytes(content)
    return [*JOBS[job].words, "--jobs", "1", *draw.one([], [], ["--restart"])]


def target_file(draw: Draw, samples: Path, folder: Path) -> list[str]:
    """Fit to a target file that is damaged or odd."""
    shutil.copy(samples / "sweep" / "small.toml", folder)
    text = (samples / "targets.toml").read_text()
    numbers = list(re.finditer(r"-?\d+\.\d+|\[[^]\n]+\]|\"[^\"\n]+\"", text))
    for match in draw.some(numbers, draw.one(0, 1, 2)):
        text = text.replace(match.group(), draw.one(*JUNK), 1)
    (folder / "aims.toml").write_bytes(encoded(draw, text))
    return ["fit", "small.toml", "aims.toml", *VARY, "--jobs", "1", "--duration", "1 s", *FEW]


# --- results and checkpoints -----------------------------------------------------------


def result(draw: Draw, samples: Path, folder: Path) -> list[str]:
    """Draw, repeat or go on with the result of a benchmark that is damaged or odd."""
    shutil.copytree(samples / "benchmark", folder, dirs_exist_ok=True)
    name = draw.one("b/result.h5", "b/seed-11.h5")
    _damage_either_way(draw, folder / name)
    kinds = ["learning-curve", "confusion", "receptive-fields", "weights", "responses"]
    kinds += ["electrodes", "output-distributions"]
    plot = ["plot", name, draw.one(*kinds), "--output", "x.png"]
    return draw.one(
        plot, plot, plot, BENCHMARK, ["benchmark", name, "--output", "c", "--jobs", "1"]
    )


def checkpoint(draw: Draw, samples: Path, folder: Path) -> list[str]:
    """Go on with a benchmark whose checkpoint is damaged or odd."""
    shutil.copytree(samples / "benchmark", folder, dirs_exist_ok=True)
    (folder / "b" / "seed-11.h5").unlink()
    (folder / "b" / "result.h5").unlink()
    part = folder / "b" / draw.one("seed-11-taught.part.h5", "seed-11-shuffled.part.h5")
    shutil.copy(samples / part.name.removeprefix("seed-11-"), part)
    _damage_either_way(draw, part)
    return BENCHMARK


BENCHMARK = [*JOBS["benchmark"].words, "--jobs", "1"]


def _damage_either_way(draw: Draw, path: Path) -> None:
    if draw.chance(0.6):
        damaged_hdf5(draw, path)
    else:
        path.write_bytes(damaged(draw, path.read_bytes()))


# --- samples ---------------------------------------------------------------------------


def make_samples(folder: Path) -> None:
    """Make whole files of every kind, once all that the commands need is loaded."""
    load_all()
    folder.mkdir()
    make_recordings(folder / "recordings")
    words = {name: [*JOBS[name].words, "--jobs", "1"] for name in ("sweep", "fit", "benchmark")}
    words["."] = ["targets", "recordings/real.h5", "--output", "targets.toml"]
    for name, command in words.items():
        (folder / name).mkdir(exist_ok=True)
        write_inputs(folder / name)
        code, _, err, _ = in_own_process(command, folder / name)
        if code:
            raise SystemExit(err)
    make_checkpoints(folder)


def load_all() -> None:
    """Import every module and compile what is compiled, so that no case has to."""
    for module in pkgutil.walk_packages(spikinggrid.__path__, "spikinggrid."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    import brian2
    import matplotlib.pyplot  # noqa: F401
    import sklearn.linear_model  # noqa: F401

    brian2.prefs.codegen.target = "numpy"


def make_checkpoints(folder: Path) -> None:
    """Make the checkpoints of a benchmark that was interrupted."""

    def stop(training: Training) -> None:
        if training.n_done > training.n_presentations // 2:
            raise InterruptedError

    parameters = load(folder / "benchmark" / "taught.toml")
    for which in ("taught", "shuffled"):
        of_labels = {"shuffled": True, "label_alone": True} if which == "shuffled" else {}
        dish = Dish(parameters, parameters.simulation.seed)
        training = Training(dish, load_images(parameters, "validation"), **of_labels)
        with suppress(InterruptedError):
            training.run(folder / f"{which}.part.h5", stop)


def make_recordings(folder: Path) -> None:
    """Write recordings as laboratories have them: HDF5, and spike lists of many dialects."""
    folder.mkdir(parents=True)
    Dish(load("dissociated", SMALL)).record().save(folder / "simulated.h5")
    generator = np.random.default_rng(1)
    bursts = np.arange(1, 20, 2.0)
    trains = [
        np.sort(np.concatenate([bursts[:, None] + generator.uniform(0, 0.2, (10, 8))], axis=None))
        for _ in range(9)
    ]
    places = 200e-6 * np.array([(n % 3, n // 3) for n in range(9)])
    real = Recording.from_spike_trains(trains, 20.0, positions=places)
    real.save(folder / "real.h5")
    real.save(folder / "real.csv")
    real.save(folder / "real.nwb")
    with h5py.File(folder / "published.h5", "w") as file:
        file["spikes"], file["sCount"] = np.concatenate(trains), [len(train) for train in trains]
        file["names"] = np.array([f"ch_{n + 12}" for n in range(9)], "S")
        file["epos"], file["recordingtime"] = 1e6 * places.T, [0.0, 20.0]
        file["array"] = np.array([b"MCS_8x8_200um"])
    rows = sorted((time, n) for n, train in enumerate(trains) for time in train)[:300]
    for name, text in dialects(rows).items():
        encoding = "utf-16" if "utf16" in name else "utf-8"
        (folder / name).write_bytes(text.encode(encoding))
    for path in list(folder.iterdir()):
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))


def dialects(rows: list[tuple[float, int]]) -> dict[str, str]:
    """Return the same spikes as spike lists of many dialects write them."""

    def lines(head: str, form: str, unit: float = 1.0, comma: str = ".") -> str:
        cells = (form.format(f"{t / unit:.5f}".replace(".", comma), n + 12) for t, n in rows)
        return "\n".join([head, *cells, ""])

    axion = "Investigator,,Time (s),Electrode,Amplitude(mV)\n"
    wells = (f",,{t:.5f},{'AB'[n % 2]}{1 + n % 3}_{11 + n % 8},0.01" for t, n in rows)
    return {
        "semicolon.csv": lines("Time (s);Electrode", "{};{}", comma=","),
        "tab.txt": lines("time_ms\telectrode", "{}\t{}", 1e-3),
        "utf16.csv": lines("Time (s),Electrode", "{},{}"),
        "spaces.txt": lines("# t_stop = 20 s", "{} {}"),
        "headerless.txt": lines("0.5,12", "{},{}"),
        "clock.csv": lines("Time,Electrode", "17{},{}"),
        "quoted.csv": lines('"Timestamp [us]","Channel ID","Comment"', '{},"{}","a ""b"" c"', 1e-6),
        "units.csv": lines("TimeStamp,unit", "{},CH{}_1"),
        "plate_spike_list.csv": axion + "\n".join(wells) + "\n\n,,Well Information\nWell,A1\n",
    }


# --- kinds -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A kind of file: how it is drawn, and its share of `--recordings`, if it has one."""

    write: Callable[[Draw, Path, Path], list[str]]
    share: float | None = None

    def n(self, n_parameters: int, n_recordings: int) -> int:
        """Return how many there are."""
        return n_parameters if self.share is None else round(self.share * n_recordings)


KINDS = {
    "parameter file": Kind(parameter_file),
    "recording": Kind(recording, 0.6),
    "store": Kind(store, 0.15),
    "target file": Kind(target_file, 0.1),
    "result": Kind(result, 0.1),
    "checkpoint": Kind(checkpoint, 0.05),
}

if __name__ == "__main__":
    sys.exit(main())
