"""Tables in text files as laboratories have them: any usual encoding, any usual separator.

`is_text`      whether a file is text at all
`Lines`        its lines, comments apart
`split`        one line into cells
`rows`         all lines into cells
`number`       a number, written in no other way than with digits, a point and an exponent
"""

import codecs
import csv
import io
import math
import re
from collections.abc import Iterator
from typing import BinaryIO, Self

from spikinggrid.utils.errors import InputError

#: What separates cells, and what it is called.
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", " ": "spaces"}

#: A longer line is none of a table.
LONGEST = 1_000_000

BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def is_text(head: bytes) -> bool:
    """Return whether a file that begins like this is text."""
    return b"\0" not in head or _is_utf16(head) is not None


class Lines:
    """The lines of a text file, one after another.

    Comments, which begin with "#", are kept apart; in their place come empty lines.

    Parameters
    ----------
    file : BinaryIO
        A file that can be read twice: once to find its encoding.

    Attributes
    ----------
    number : int
        Number of the line that came last, from 1 on.
    comments : list of (int, str)
        The comments so far, without their "#", and the numbers of their lines.
    encoding : str
        Of the file, as Python calls it.
    """

    def __init__(self, file: BinaryIO):
        self.number = 0
        self.comments: list[tuple[int, str]] = []
        self.encoding = _encoding(file)
        self._text = io.TextIOWrapper(file, self.encoding)
        self._put_back: list[str] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        self.number += 1
        if self._put_back:
            return self._put_back.pop()
        try:
            line = self._text.readline(LONGEST)
        except UnicodeError as error:
            raise InputError(f"line {self.number}: is not text in {self.encoding}") from error
        if not line:
            raise StopIteration
        if len(line) == LONGEST:
            raise InputError(f"line {self.number}: is longer than a row of a table can be")
        if "#" in line and line.lstrip().startswith("#"):
            self.comments.append((self.number, line.strip().lstrip("#").strip()))
            return "\n"
        return line

    def close(self) -> None:
        """Leave the file to whom opened it."""
        self._text.detach()

    def put_back(self, line: str) -> None:
        """Let a line that was read come next once more."""
        self._put_back.append(line)
        self.number -= 1


def split(line: str, separator: str) -> list[str]:
    """Return the cells of a line, without the white space around them."""
    if separator == " ":  # a name such as "Time (s)" holds a single space
        wide = re.split(r" {2,}", line.strip())
        return wide if len(wide) > 1 else line.split()
    try:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return []
    return [cell.strip() for cell in cells]


def rows(lines: Lines, separator: str) -> Iterator[list[str]]:
    """Yield the cells of each line; `lines.number` is where they stand.

    Raises
    ------
    InputError
        If a quote is opened and not closed in the same line.
    """
    if separator == " ":
        yield from (line.split() for line in lines)
        return
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    while True:
        begin = lines.number + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise InputError(f"line {begin}: {error}") from error
        if cells is None:
            return
        if lines.number != begin or any("\n" in cell for cell in cells[-1:]):
            raise InputError(f"line {begin}: a quote is opened and not closed in the same line")
        yield cells


def number(text: str) -> float | None:
    """Return a number, or None if the text is none.

    Examples
    --------
    >>> [number(text) for text in ("12.5", "1e-3", "1_000", "nan", "1e999")]
    [12.5, 0.001, None, None, None]
    """
    value = float(text) if NUMBER.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None


def _encoding(file: BinaryIO) -> str:
    """Return the encoding by the first bytes, else UTF-8 if the whole file is that, or Latin-1."""
    head = file.read(1 << 16)
    file.seek(0)
    for bom, encoding in BOMS.items():
        if head.startswith(bom):
            return encoding
    utf16 = _is_utf16(head)
    if utf16 is not None:
        return utf16
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(1 << 20):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "latin-1"  # a header with µ, written on Windows
    finally:
        file.seek(0)
    return "utf-8"


def _is_utf16(head: bytes) -> str | None:
    """Return "utf-16" or its kind without a BOM, in which every other byte of plain text is 0."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[::2], head[1::2]
    for encoding, low, high in (("utf-16-le", even, odd), ("utf-16-be", odd, even)):
        if low and high.count(0) > 0.9 * len(high) and not low.count(0):
            return encoding
    return None
