"""How programs end: one line, and an exit code that says why."""

import ctypes
import errno
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from spikinggrid.utils import errors
from spikinggrid.utils.errors import InputError, RefusalError, exit_code, shortened


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("a.toml: dt: found 3; right would be 0.1 ms"), 2, None),
        (RefusalError("dish.h5: is not like the model"), 3, None),
        (KeyboardInterrupt(), 130, "stopped"),
        (KeyboardInterrupt("stopped; x.h5 keeps the work"), 130, "stopped; x.h5 keeps the work"),
        (PermissionError(errno.EACCES, "Permission denied", "a.h5"), 2, "a.h5: Permission denied"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "output: No space left on device"),
        (MemoryError("Unable to allocate 8 TiB"), 2, "not enough memory: Unable to allocate 8 TiB"),
        (MemoryError(), 2, "not enough memory"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "a" * 4000), 2, "aaa...aaa"),
    ],
)
def test_what_went_wrong_is_one_line(error, code, line, capsys, monkeypatch):
    monkeypatch.setattr(errors, "_close_output", lambda: None)  # leave pytest's output alone

    def work():
        raise error

    assert exit_code(work, "stopped") == code
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and len(told[0]) <= 340
    assert (line or str(error)) in told[0]


@pytest.mark.parametrize("text", ["a\nb", "a\r\x1b[31mb", "\udcff", "\0", "x\n" * 500])
def test_what_is_quoted_is_one_line_that_can_be_printed(text):
    assert shortened(text).isprintable() and len(shortened(text)) <= 80
    shortened(text).encode()


def test_what_nobody_can_mend_is_a_traceback():
    with pytest.raises(ZeroDivisionError):
        exit_code(lambda: 1 // 0)
    with pytest.raises(ConnectionError):
        exit_code(lambda: (_ for _ in ()).throw(ConnectionError("no name of a file")))


def test_the_code_is_that_of_the_work():
    assert exit_code(lambda: None) == 0
    assert exit_code(lambda: 3) == 3


@pytest.mark.usefixtures("usual_signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_work_and_are_as_before_afterwards(number, capsys):
    before = signal.getsignal(number)
    assert exit_code(lambda: signal.raise_signal(number), "stopped") == 130
    assert capsys.readouterr().err == "stopped\n"
    assert signal.getsignal(number) is before


def test_signals_of_others_are_left_alone():
    """Such as those of a job in the background, which ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert exit_code(lambda: signal.raise_signal(signal.SIGINT)) == 0
        assert exit_code(lambda: signal.raise_signal(signal.SIGTERM)) == 130
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_can_do_the_work():
    codes = []
    thread = threading.Thread(target=lambda: codes.append(exit_code(lambda: 5)))
    thread.start()
    thread.join()
    assert codes == [5]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="has no timers")
@pytest.mark.usefixtures("usual_signals")
def test_ctrl_c_waits_for_the_end_of_an_import(tmp_path, monkeypatch, capsys):
    (tmp_path / "slow_to_import.py").write_text(
        "import os, signal, time\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "time.sleep(0.1)\n"
        "DONE = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    def work():
        import slow_to_import  # noqa: F401

        time.sleep(5)

    assert exit_code(work, "stopped") == 130
    assert sys.modules["slow_to_import"].DONE
    assert capsys.readouterr().err == "stopped\n"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="has no timers")
@pytest.mark.usefixtures("usual_signals")
def test_an_interrupt_is_not_lost_in_a_callback_of_the_compiler(capsys):
    done = []
    space = {"interrupt": lambda: signal.raise_signal(signal.SIGINT), "done": done}
    source = "def callback():\n    interrupt()\n    done.append(True)"
    exec(compile(source, str(Path("llvmlite", "binding", "x.py")), "exec"), space)

    def work():
        ctypes.CFUNCTYPE(None)(space["callback"])()  # which drops exceptions
        time.sleep(5)

    assert exit_code(work, "stopped") == 130
    assert done
    assert capsys.readouterr().err == "stopped\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.usefixtures("usual_signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("seconds", [0.15, 0.3, 0.6, 1.2])
def test_the_start_of_a_command_can_be_interrupted(number, seconds, tmp_path):
    """One line, whatever is being imported; Python itself needs 0.1 s to start."""
    command = ["simulate", "culture", "--set", "simulation.duration=500 h", "--output", "x.h5"]
    with subprocess.Popen(
        [sys.executable, "-c", READY, *command],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        run.stdout.readline()
        time.sleep(seconds)
        run.send_signal(number)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert err.splitlines()[-1].startswith("interrupted"), err
    assert "Traceback" not in err and "Exception" not in err
    assert not list(tmp_path.iterdir())


#: As `python -m spikinggrid`, but says when Python has started.
READY = (
    "import sys; sys.argv[0] = 'spikinggrid'; from spikinggrid.__main__ import main;"
    "print('ready', flush=True); sys.exit(main())"
)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no device that is always full")
def test_a_full_disk_behind_standard_output_is_one_line(tmp_path):
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "spikinggrid", "parameters", "show", "culture"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert run.returncode == 2
    assert run.stderr == "output: No space left on device\n"


@pytest.mark.parametrize("n", [10, 79, 80, 81, 500])
def test_long_values_are_shortened_in_the_middle(n):
    text = "".join(chr(97 + k % 26) for k in range(n))
    short = shortened(text)
    assert len(short) == min(n, 80)
    assert short[:30] == text[:30] and short[-30:] == text[-30:]
