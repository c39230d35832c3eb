from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion import csv_files, csv_problems, csv_rows
from ingestion.problems import MAX_PROBLEMS, BadCsv, Problem
from ingestion.schemas import TableSchema
from ingestion_testing import samples
from ingestion_testing.bad_files import LARGE_AND_BAD, SCHEMA

TWO = samples.schema(a="int", b="string")


def opener(content: str | bytes) -> Callable[[], BinaryIO]:
    raw = content.encode() if isinstance(content, str) else content
    return lambda: io.BytesIO(raw)


def rows(
    content: str | bytes, schema: TableSchema = TWO, optional: Collection[str] = ()
) -> list[dict[str, Any]]:
    read = csv_files.batches(opener(content), schema, optional=optional)
    return [row for batch in read for row in batch.to_pylist()]


def problems(content: str | bytes, schema: TableSchema = TWO) -> list[str]:
    with pytest.raises(BadCsv) as bad:
        csv_files.check(opener(content), schema)
    return [str(problem) for problem in bad.value.problems]


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,x\n2,y\n",
        "a,b\n1,x\n2,y",
        "a,b\r\n1,x\r\n2,y\r\n",
        "\ufeffa,b\n1,x\n2,y\n",
        "b,a\nx,1\ny,2\n",
        'a,b\n"1","x"\n"2","y"\n',
        '"a","b"\n1,x\n2,y\n',
        "a,b\n\n1,x\n\n2,y\n\n",
        "\na,b\n1,x\n2,y\n",
        "a,b\n 1 ,x\n2,y\n",
    ],
    ids=["plain", "no end", "crlf", "bom", "order", "quoted", "header", "blank", "first", "space"],
)
def test_the_same_rows_however_they_are_written(content: str) -> None:
    assert rows(content) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


def test_a_quoted_field_holds_newlines_commas_and_quotes() -> None:
    content = 'a,b\n1,"one\ntwo\r\nthree, ""four"""\n2,é\n'
    assert [row["b"] for row in rows(content)] == ['one\ntwo\r\nthree, "four"', "é"]


def test_an_empty_field_is_null_for_every_type() -> None:
    kinds = ("int", "double", "decimal(4,1)", "boolean", "date", "timestamp", "char(2)", "string")
    schema = samples.schema(**{f"c{index}": kind for index, kind in enumerate(kinds)})
    header = ",".join(schema.column_names)
    for empty in ("", '""'):
        (row,) = rows(f"{header}\n{','.join([empty] * len(kinds))}\n", schema)
        assert set(row.values()) == {None}


@pytest.mark.parametrize("word", ["NA", "null", "NULL", "nan", "N/A"])
def test_no_word_is_null(word: str) -> None:
    assert rows(f"a,b\n1,{word}\n") == [{"a": 1, "b": word}]
    assert problems(f"a,b\n{word},x\n") == [f"line 2, column a: '{word}' is no int"]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("tinyint", "-128", -128),
        ("smallint", "32767", 32767),
        ("bigint", "-9223372036854775808", -(2**63)),
        ("double", "1e3", 1000.0),
        ("double", "inf", float("inf")),
        ("float", "0.5", 0.5),
        ("decimal(5,2)", "-123.45", Decimal("-123.45")),
        ("decimal(5,2)", "1.5", Decimal("1.50")),
        ("decimal(38,0)", "9" * 38, Decimal("9" * 38)),
        ("boolean", "true", True),
        ("boolean", "FALSE", False),
        ("boolean", "1", True),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("timestamp", "2024-02-29", datetime(2024, 2, 29)),
        ("timestamp", "2024-02-29 12:30", datetime(2024, 2, 29, 12, 30)),
        ("timestamp", "2024-02-29T12:30:01.000001", datetime(2024, 2, 29, 12, 30, 1, 1)),
        ("timestamp", "2024-02-29T12:30:01Z", datetime(2024, 2, 29, 12, 30, 1)),
        ("timestamp", "2024-02-29 12:30:01+02:00", datetime(2024, 2, 29, 10, 30, 1)),
        ("timestamp", "2024-02-29 12:30:01-0230", datetime(2024, 2, 29, 15, 0, 1)),
        ("char(2)", "éé", "éé"),
        ("varchar(3)", "abc", "abc"),
        ("string", " x ", " x "),
    ],
)
def test_a_value_is_cast(kind: str, text: str, value: Any) -> None:
    assert rows(f"c\n{text}\n", samples.schema(c=kind)) == [{"c": value}]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("tinyint", "128"),
        ("smallint", "40000"),
        ("int", "1.0"),
        ("int", "1,000"),
        ("bigint", "9223372036854775808"),
        ("double", "a"),
        ("decimal(5,2)", "1.234"),
        ("decimal(5,2)", "1234.5"),
        ("boolean", "yes"),
        ("date", "29/02/2024"),
        ("date", "2023-02-29"),
        ("date", "2024-02-29 12:30"),
        ("timestamp", "12:30"),
        ("timestamp", "2024-02-29 12:30:01.1234567"),
        ("timestamp", "2024-02-29 25:00"),
        ("timestamp", "2024-13-01Z"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(kind: str, text: str) -> None:
    found = problems(f'c\n"{text}"\n', samples.schema(c=kind))
    assert found == [f"line 2, column c: {text!r} is no {kind}"]


@pytest.mark.parametrize("kind", ["char(2)", "varchar(2)"])
def test_a_text_that_is_too_long_is_refused(kind: str) -> None:
    found = problems("c\nab\nabc\n", samples.schema(c=kind))
    assert found == [f"line 3, column c: longer than {kind}: 3 characters"]


def test_timestamps_with_and_without_a_zone_may_be_mixed() -> None:
    content = "c\n2024-01-01 12:00\n2024-01-01\n\n2024-01-01T12:00+01:00\n2024-01-01 12:00:00Z\n"
    found = rows(content, samples.schema(c="timestamp"))
    assert [row["c"].hour for row in found] == [12, 0, 11, 12]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("a", ["line 1, column b: the file lacks this column"]),
        ("a,b,c", ["line 1, column c: the schema has no such column"]),
        ("a,b,a", ["line 1, column a: the header names it more than once"]),
        ("a,B", ["line 1, column B: the schema has no such column", "line 1, column b: the file"]),
        ("a,b,", ["line 1, column (no name): the schema has no such column"]),
        ("a;b", ["line 1, column a;b: the schema", "line 1, column a:", "line 1, column b:"]),
    ],
)
def test_a_wrong_header_is_refused(header: str, expected: list[str]) -> None:
    found = problems(f"{header}\n1,x\n")
    assert len(found) == len(expected)
    assert all(text.startswith(start) for text, start in zip(found, expected, strict=True))


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", " "])
def test_an_empty_file_is_refused(content: str) -> None:
    assert problems(content) == ["the file is empty; the first row must name the columns"]


@pytest.mark.parametrize("content", ["a,b", "a,b\n", "a,b\r\n\r\n"])
def test_a_header_alone_is_a_load_of_no_rows(content: str) -> None:
    assert csv_files.check(opener(content), TWO) == 0


def test_utf_16_is_refused_by_name() -> None:
    found = problems("a,b\n1,x\n".encode("utf-16"))
    assert found == ["line 1: the file is UTF-16; save it as UTF-8"]


def test_a_wrong_encoding_is_refused_with_its_line() -> None:
    assert problems("a,b\n1,x\n2,é\n".encode("latin-1")) == ["line 3, column b: not UTF-8"]


def test_a_column_that_was_added_later_is_null_when_asked_for() -> None:
    assert rows("b\nx\n", optional=("a",)) == [{"a": None, "b": "x"}]


def test_every_problem_has_its_line_and_column() -> None:
    content = 'a,b\n1,"two\nlines"\n\nx,y\n2\n3,z,4\ny,"\n"\n5,ok\n'
    assert problems(content) == [
        "line 5, column a: 'x' is no int",
        "line 6: 2 fields expected, 1 found",
        "line 7: 2 fields expected, 3 found",
        "line 8, column a: 'y' is no int",
    ]


def test_lines_are_counted_with_crlf_too() -> None:
    assert problems('a,b\r\n1,"\r\n"\r\nx,y\r\n') == ["line 4, column a: 'x' is no int"]


def test_a_problem_in_a_late_block_has_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "LONGEST_ROW", 4096)
    good = '1,"x\ny"\r\n' * 5_000
    assert problems(f"a,b\n{good}bad,x\n{good}") == ["line 10002, column a: 'bad' is no int"]


def test_problems_of_all_blocks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "LONGEST_ROW", 4096)
    good = "1,x\n" * 5_000
    found = problems(f'a,b\n{good}bad,x\n{good}2,"y"z\n{good}worse,x\n')
    assert found == [
        "line 5002, column a: 'bad' is no int",
        "line 10003: there is text after a closing quote",
        "line 15004, column a: 'worse' is no int",
    ]


def test_the_search_stops_after_a_hundred_problems() -> None:
    found = problems("a,b\n" + "x,y\n" * 1000)
    assert len(found) == MAX_PROBLEMS
    assert found[-1].startswith("line 101,")


def test_the_search_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "LONGEST_ROW", 4096)
    content = "a,b\n" + ("x,y\n" + "1,y\n" * 2_000) * (csv_files.BAD_BLOCKS + 1)
    with pytest.raises(BadCsv) as bad:
        csv_files.check(opener(content), TWO)
    assert len(bad.value.problems) == csv_files.BAD_BLOCKS
    assert not bad.value.complete


@pytest.mark.parametrize("name", LARGE_AND_BAD)
def test_a_large_bad_file_is_refused_with_a_reason(name: str) -> None:
    with pytest.raises(BadCsv) as refused:
        csv_files.check(lambda: io.BytesIO(LARGE_AND_BAD[name]), SCHEMA)
    assert refused.value.problems


def test_a_large_bad_file_is_cast_once_and_searched_in_few_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So it cannot take much longer than a good one. What is before is read again, for lines."""
    searched: list[int] = []
    of_block = csv_problems.of_block

    def counting(data: csv_rows.Bytes, *more: Any) -> list[Problem]:
        searched.append(len(data))
        return of_block(data, *more)

    monkeypatch.setattr(csv_problems, "of_block", counting)
    opened: list[BinaryIO] = []
    content = b"a,b\n" + b"1,some text\n" * 1_000_000 + b"x,y\n" + b"1,some text\n" * 100_000

    def open_stream() -> BinaryIO:
        opened.append(io.BytesIO(content))
        opened[-1].close = lambda: None  # type: ignore[method-assign]
        return opened[-1]

    with pytest.raises(BadCsv) as refused:
        csv_files.check(open_stream, TWO)
    assert refused.value.problems[0].line == 1_000_002
    assert len(searched) == 1
    assert searched[0] <= csv_rows.LONGEST_ROW
    first, again = opened
    assert first.tell() == len(content)
    assert again.tell() < content.index(b"x,y")


def test_what_is_wrong_before_an_open_quote_is_found_too() -> None:
    found = problems('a,b\nx,y\n1,"y\n2,y\n')
    assert found[0] == "line 2, column a: 'x' is no int"
    assert found[1].startswith("line 3: a quote is not closed")


def test_a_value_is_shown_short() -> None:
    (found,) = problems(f"a,b\n{'9' * 1000},x\n")
    assert len(found) < 100


@pytest.mark.parametrize("row", ['"open' + "y" * 20_000, "y" * 20_000, "y," * 10_000])
def test_a_row_longer_than_a_block_is_refused(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "LONGEST_ROW", 4096)
    found = problems(f"a,b\n1,x\n2,{row}")
    assert found == ["line 3: a quote is not closed, or the row is longer than 4096 bytes"]


@pytest.mark.parametrize("end", ["", '4,"z"\n'])
def test_a_quote_left_open_over_many_lines_is_refused(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if another one closes it in the end."""
    monkeypatch.setattr(csv_rows, "LONGEST_ROW", 4096)
    found = problems('a,b\n1,x\n2,"y\n' + "3,z\n" * 5000 + end)
    assert found == ["line 3: a quote is not closed, or the row is longer than 4096 bytes"]


@pytest.mark.parametrize(
    "content", ['a,b\n1,x\n2,"y', 'a,b\n1,x\n2,"y""\n3,z\n', 'a,b\n1,x\n2,"\n', 'b,a\nx,1\ny,"2\n']
)
def test_a_quote_open_at_the_end_is_refused_and_swallows_no_rows(content: str) -> None:
    (found,) = problems(content)
    assert found.startswith("line 3: a quote is not closed")


@pytest.mark.parametrize("content", ['c\n"', 'c\nx\n"y', 'c\n"x\n'])
def test_a_quote_open_in_a_single_column_is_refused(content: str) -> None:
    (found,) = problems(content, samples.schema(c="string"))
    assert "a quote is not closed" in found


@pytest.mark.parametrize("last", ["", ",\n", ",\n,\n"])
def test_rows_of_nulls_at_the_end_are_kept(last: str) -> None:
    assert len(rows(f"a,b\n1,x\n{last}")) == 1 + last.count(",")


def test_a_row_of_null_in_a_single_column_is_kept() -> None:
    assert rows('c\nx\n""\n', samples.schema(c="string")) == [{"c": "x"}, {"c": None}]


def test_a_header_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "LONGEST_ROW", 4096)
    found = problems('"a,b\n' + "1,x\n" * 5000)
    assert found == ["line 1: a quote is not closed, or the row is longer than 4096 bytes"]


def test_five_hundred_columns() -> None:
    schema = samples.schema(**{f"c{index}": "int" for index in range(500)})
    content = f"{','.join(schema.column_names)}\n{','.join(map(str, range(500)))}\n"
    assert list(rows(content, schema)[0].values()) == list(range(500))


def test_batches_have_the_schemas_exact_types() -> None:
    schema = samples.schema(a="timestamp", b="decimal(4,1)", c="varchar(3)")
    (batch,) = csv_files.batches(opener("c,b,a\nx,1.5,2024-01-01\n"), schema)
    assert batch.schema.names == ["a", "b", "c"]
    assert batch.schema.types == [pa.timestamp("us"), pa.decimal128(4, 1), pa.string()]


def test_a_large_file_is_read_in_bounded_memory() -> None:
    line = b"1,some text that is neither long nor short\n"
    lines = 200_000

    class Endless(io.RawIOBase):
        left = lines

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            count = min(self.left, max(1, size // len(line)))
            self.left -= count
            return line * count

    def open_stream() -> BinaryIO:
        return io.BufferedReader(Headed(b"a,b\n", Endless()))

    class Headed(io.RawIOBase):
        def __init__(self, head: bytes, rest: Endless) -> None:
            super().__init__()
            self._buffer = head
            self._rest = rest

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self._buffer = self._buffer or self._rest.read(len(buffer))
            count = min(len(buffer), len(self._buffer))
            buffer[:count] = self._buffer[:count]
            self._buffer = self._buffer[count:]
            return count

    largest = 0
    read = 0
    for batch in islice(csv_files.batches(open_stream, TWO), None):
        largest = max(largest, batch.nbytes)
        read += batch.num_rows
    assert read == lines
    assert largest <= 2 * csv_rows.LONGEST_ROW


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6)


@given(st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), cells), max_size=20), st.booleans())
def test_what_pythons_csv_writes_is_read_back(table: list[tuple[int, str]], crlf: bool) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n" if crlf else "\n")
    writer.writerow(["a", "b"])
    writer.writerows(table)
    assert [(row["a"], row["b"]) for row in rows(text.getvalue())] == table


@given(st.lists(st.tuples(st.sampled_from(["1", "x", "", "2147483648"]), cells), max_size=30))
def test_the_two_ways_agree_on_what_is_bad(table: list[tuple[str, str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *table])
    bad = [cell for cell, _ in table if cell in ("x", "2147483648")]
    data = text.getvalue().encode().partition(b"\n")[2]
    slow = csv_problems.of_block(data, 2, ["a", "b"], TWO, "nothing found")
    if bad:
        assert [problem.message for problem in slow] == [f"{cell!r} is no int" for cell in bad]
        assert problems(text.getvalue()) == [str(problem) for problem in slow]
    else:
        assert [problem.message for problem in slow] == ["nothing found"]
        assert csv_files.check(opener(text.getvalue()), TWO) == len(table)
