"""Tables of groups: what people write, and what each mistake is told as."""

from pathlib import Path

import numpy as np
import pytest

from spikinggrid.recordings import Recording
from spikinggrid.recordings.group_table import measured, read_group_table
from spikinggrid.utils.errors import InputError

DISHES = ("a1.csv", "a2.csv", "b1.csv", "b2.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "dishes"
    made.mkdir()
    for name in (*DISHES, "notes.txt", ".hidden.csv"):
        (made / name).write_text("time,electrode\n0.1,A1\n")
    return made


def table(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "groups.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


ROWS = "file,group,culture,age\na1.csv,control,A,21\na2.csv,treated,A,21\n"
REST = "b1.csv,control,B,24\nb2.csv,treated,B,24\n"


@pytest.mark.parametrize(
    "content",
    [
        ROWS + REST,
        (ROWS + REST).replace(",", ";").replace("\n", "\r\n"),
        (ROWS + REST).replace(",", "\t").encode("utf-16"),
        "\ufeff# groups of the third of May\n\n" + (ROWS + REST).replace("file", " File "),
        (ROWS + REST).replace(".csv", ""),
        (ROWS + REST).replace("a1.csv", '"a1.csv"') + ",,,\n\n",
    ],
)
def test_usual_tables(tmp_path, folder, content):
    rows = read_group_table(table(tmp_path, content), folder)
    assert [row.path.name for row in rows] == list(DISHES)
    assert [row.group for row in rows] == ["control", "treated"] * 2
    assert [row.culture for row in rows] == ["A", "A", "B", "B"]
    assert rows[2].others == {"age": "24"}


def test_files_beside_the_table_may_be_others(tmp_path, folder):
    moved = table(folder, ROWS)
    assert len(read_group_table(moved)) == 2
    with pytest.raises(InputError, match=r"lacks b1\.csv.*\n.*lacks b2\.csv"):
        read_group_table(moved, folder)
    out = table(folder, ROWS + "b1.csv,,\nb2.csv,,\n")
    assert [row.path.name for row in read_group_table(out, folder)] == ["a1.csv", "a2.csv"]


@pytest.mark.parametrize(
    "content, said",
    [
        ("", ": is empty; right would be a header such as file,group,culture"),
        (b"PK\x03\x04", ": is no text; right would be a table saved as CSV"),
        ("file,group,culture\n", ": group: no dish has one; right would be a row for each dish"),
        (
            "file,group,culture\na1.csv,,\na2.csv,,\nb1.csv,,\nb2.csv,,\n",
            ": group: no dish has one; right would be",
        ),
        ("file,group\n", ":1:culture: no such column, but file, group"),
        (
            "file,group,cultur\n",
            ":1:culture: no such column, but file, group, cultur; did you mean 'cultur' by it?",
        ),
        ("file,group,culture,corr\n", ":1:corr: is the name of a feature; right would be"),
        ("file,group,culture,age,age\n", ":1:age: is there twice; right would be"),
        (ROWS + "b3.csv,control,B,24\n", ":4:file: found 'b3.csv', which is not in"),
        (ROWS + "b3.csv,control,B,24\n", "; did you mean b"),
        (ROWS + ",control,B,24\n", ":4:file: is empty; right would be the name of a recording"),
        (ROWS + "b1.csv,control,,24\n", ":4:culture: is empty; right would be a name that all"),
        (ROWS + "b1.csv,control,B,24,mice\n", ":4: has 5 cells, the header 4"),
        (ROWS + "a1.csv,control,B,24\n", "groups.csv:4:file: a1.csv was already in "),
        (ROWS + 'b1.csv,"control,B,24\n', ": line 4: a quote is opened and not closed"),
    ],
)
def test_mistakes_are_told_where_they_are(tmp_path, folder, content, said):
    path = table(tmp_path, content)
    with pytest.raises(InputError) as error:
        read_group_table(path, folder)
    assert str(path) in str(error.value) and said in str(error.value)


def test_all_mistakes_are_told_at_once_but_not_hundreds(tmp_path, folder):
    wrong = [f"c{number}.csv,control,B,24\n" for number in range(14)]
    with pytest.raises(InputError) as error:
        read_group_table(table(tmp_path, ROWS + "".join(wrong)), folder)
    lines = str(error.value).splitlines()
    assert len(lines) == 11 and lines[-1].endswith("4 more mistakes")
    with pytest.raises(InputError, match=r" 1 more mistake$"):
        read_group_table(table(tmp_path, ROWS + "".join(wrong[:11])), folder)


def test_no_folder_and_no_table(tmp_path, folder):
    with pytest.raises(InputError, match="nowhere: is no folder"):
        read_group_table(table(tmp_path, ROWS), tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"none\.csv: cannot be read: No such file"):
        read_group_table(tmp_path / "none.csv", folder)


def well(name: str, n_spikes: int) -> Recording:
    from dataclasses import replace

    made = Recording.from_spike_trains([np.linspace(0.1, 9, n_spikes)], 10.0)
    return replace(made, well=name)


def test_wells_of_a_plate_are_dishes(tmp_path, folder):
    content = (
        "file,well,group,culture\na1.csv,A1,control,A\na1.csv,B1,treated,A\na2.csv,,control,B\n"
    )
    plate = [(folder / "a1.csv", well(name, n)) for name, n in (("A1", 3), ("B1", 5), ("C1", 7))]
    single = [(folder / "a2.csv", well("", 9))]
    rows = read_group_table(table(folder, content))
    dishes = measured(rows, plate + single)
    assert dishes["n_spikes"].tolist() == [3, 5, 9]
    assert dishes[["group", "culture", "well"]].to_numpy().tolist() == [
        ["control", "A", "A1"],
        ["treated", "A", "B1"],
        ["control", "B", ""],
    ]
    with pytest.raises(InputError, match=r"groups.csv:3:well: found 'B1'; a1.csv has A1, C1"):
        measured(rows, [plate[0], plate[2], *single])
    without = read_group_table(table(folder, "file,group,culture\na1.csv,control,A\n"))
    with pytest.raises(InputError, match=r"groups.csv:2:file: a1.csv holds 3 wells \(A1, B1, C1"):
        measured(without, plate)
