"""`csv_files` and an independent reader take the same files and find the same values in them."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion import csv_files
from ingestion.problems import BadCsv
from ingestion.schemas import TableSchema
from ingestion_testing import csv_oracle, samples

NUMBERS = [
    "0",
    "1",
    "-1",
    "+1",
    "007",
    "-0",
    "127",
    "128",
    "-128",
    "-129",
    "32768",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "0x1F",
    "0XFF",
    "-0x1",
    "0xFFFFFFFFFFFFFFFFF",
    "1e2",
    "1E-1",
    "1e400",
    "-1e400",
    "1e-400",
    "3.5e38",
    "3.4e38",
    "3.4028236e38",
    "nan",
    "NaN",
    "-nan",
    "nan(1)",
    "nan(x)",
    "inf",
    "-Inf",
    "+INF",
    "infinity",
    "-infinity",
    "infinit",
    "0x1p3",
    "1d5",
    "1e",
    "e5",
    ".",
    "-",
    "+",
    "--",
    ".5",
    "5.",
    "-.5",
    "+.5",
    "1.5",
    "1.50",
    "1.500",
    "1.555",
    "0.000",
    "0.001",
    "00001.5",
    "999.99",
    "1000",
    "-1000",
    "99999",
    "1_0",
    "1,0",
    "1.5-",
    "1.2.3",
    "--1",
    "\uff11",
    "1\x00",
    "1e+5",
    "1e05",
    "0e0",
]
NUMBERS += [" 1", "1 ", "\t1\t", " 1.5 ", "1\n", "\u00a01", " ", "", "1 0", " nan ", " 1e400 "]
NUMBERS += ["9" * 38, "9" * 39, "0" * 50 + "1", "1." + "0" * 37, "1." + "0" * 38, "1" + "0" * 38]
NUMBERS += [
    "-" + "9" * 38,
    "-" + "0" * 40 + "1.5",
    "9" * 38 + ".0",
    "0." + "9" * 38,
    "." + "0" * 60,
]
DAYS = [
    "2024-01-31",
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "-001-01-01",
    "2024-1-1",
    "20240131",
    "2024-02-30",
    "2023-02-29",
    "2024-02-29",
    "2024/01/31",
    "2024-01-31Z",
    "2024-01-31T12:30",
    "0000-12-31T23:59",
]
DAYS += [" 2024-01-31", "2024-01-31 ", "2024-01-31\n", "+2024-01-31", "\uff12024-01-31"]
TIMES = [
    "12",
    "1230",
    "12:3",
    "12:30",
    "24:00",
    "23:60",
    "23:59:60",
    "12:30:",
    "12:30:01",
    "12:30:01.",
    "12:30:01.1",
]
TIMES += ["12:30:01.123456", "12:30:01.1234567", "12:30.5", "12:30:01,5", " 12:30", "123001"]
ZONES = ["", "Z", "z", "+01", "-01:30", "+0130", "+1", "+24:00", "+23:59", "+01:60", " Z", "-00:00"]
MOMENTS = [f"2024-01-31{gap}{time}{zone}" for gap in " Tt" for time in TIMES for zone in ZONES]
MOMENTS += ["0001-01-01 00:00+01:00", "9999-12-31 23:59-01:00", "0001-01-01T00:00Z", "0000-01-01Z"]
BOOLEANS = ["true", "True", "TRUE", "tRue", "1", "0", "false", "False", "FALSE", " 1", "yes", "t"]
WORDS = ["x", "éé", "abc", "abcd", "日本語", "null", "NA", " ", "\ufeff", "a\nb", 'a"b', "a,b"]
KINDS = {
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint", "float", "double"), NUMBERS),
    **dict.fromkeys(("decimal(5,2)", "decimal(38,0)", "decimal(38,38)", "decimal(5,0)"), NUMBERS),
    "date": DAYS + MOMENTS[:5],
    "timestamp": DAYS + MOMENTS,
    "boolean": BOOLEANS,
    "char(2)": WORDS,
    "varchar(3)": WORDS,
    "string": WORDS + NUMBERS,
}
TABLE = [(kind, text) for kind, texts in KINDS.items() for text in texts]


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def found(content: bytes, schema: TableSchema) -> list[dict[str, Any]] | None:
    """The rows by the pipeline's reader; None when it refuses the file."""
    try:
        batches = list(csv_files.batches(lambda: io.BytesIO(content), schema))
    except BadCsv:
        return None
    return [row for batch in batches for row in batch.to_pylist()]


def expected(content: bytes, schema: TableSchema) -> list[dict[str, Any]] | None:
    """The rows by the oracle; None when it refuses the file."""
    try:
        return csv_oracle.read(content, schema)
    except csv_oracle.Refused:
        return None


def comparable(rows: list[dict[str, Any]] | None) -> Any:
    """Values of which each equals itself, with their types."""
    if rows is None:
        return "refused"
    return [
        {
            name: "nan" if isinstance(value, float) and math.isnan(value) else (type(value), value)
            for name, value in row.items()
        }
        for row in rows
    ]


def agree(content: bytes, schema: TableSchema) -> None:
    assert comparable(found(content, schema)) == comparable(expected(content, schema))


@pytest.mark.parametrize("kind", KINDS)
def test_each_text_is_the_same_value_or_refused_by_both(kind: str) -> None:
    schema = samples.schema(c=kind)
    for text in KINDS[kind]:
        agree(f"c\n{quoted(text)}\n".encode(), schema)


@pytest.mark.parametrize("kind", KINDS)
def test_all_good_texts_together_are_good(kind: str) -> None:
    """A check of a whole block must not refuse one cell for another."""
    schema = samples.schema(c=kind)
    good = [text for text in KINDS[kind] if expected(f"c\n{quoted(text)}\n".encode(), schema)]
    content = "\n".join(["c", *map(quoted, good)]).encode()
    assert len(found(content, schema) or ()) == len(good)
    agree(content, schema)


@pytest.mark.parametrize(("kind", "text"), TABLE[:: len(TABLE) // 60])
def test_a_bad_text_among_good_ones_has_its_line(kind: str, text: str) -> None:
    schema = samples.schema(c=kind)
    good = next(t for t in KINDS[kind] if t and expected(f"c\n{quoted(t)}\n".encode(), schema))
    content = "".join(
        f"{line}\n" for line in ("c", *[quoted(good)] * 5, quoted(text), good)
    ).encode()
    if expected(content, schema) is None:
        with pytest.raises(BadCsv) as bad:
            csv_files.check(lambda: io.BytesIO(content), schema)
        assert [problem.line for problem in bad.value.problems] == [7]


FORMS = {
    'a,b\n"1"2,x\n': None,
    'a,b\n1,"say "hi" now"\n': None,
    'a,b\n1,"x\n2,"y"\n3,z\n': None,
    'a,b\n1,"x"\r\n2,"y" \n': None,
    'a,b\n1, "x"\n': [{"a": 1, "b": ' "x"'}],
    'a,b\n1,5" pipe\n2,6""\n': [{"a": 1, "b": '5" pipe'}, {"a": 2, "b": '6""'}],
    'a,b\n1,5" pipe\n2,"x, ""y"""\n': [{"a": 1, "b": '5" pipe'}, {"a": 2, "b": 'x, "y"'}],
    'a,b\n1,""""\n': [{"a": 1, "b": '"'}],
    'a,b\n1,"""\n': None,
    "a,b\r1,x\r2,y": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}],
    "a,b\n1,\ufeffx\n": [{"a": 1, "b": "\ufeffx"}],
    "b,a\n\ufeffx,1\n": [{"a": 1, "b": "\ufeffx"}],
}


@pytest.mark.parametrize("content", FORMS)
def test_quotes_and_rows_are_read_strictly(content: str) -> None:
    schema = samples.schema(a="int", b="string")
    agree(content.encode(), schema)
    assert found(content.encode(), schema) == FORMS[content]


PIECES = ['"', '""', ",", "\n", "\r\n", "\r", "1", "x", " ", '","', '"\n"', "é", "\ufeff"]


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=24))
def test_files_of_any_form_are_read_alike(pieces: list[str]) -> None:
    content = f"a,b\n{''.join(pieces)}".encode()
    agree(content, samples.schema(a="string", b="string"))


@st.composite
def files(draw: st.DrawFn) -> tuple[TableSchema, bytes]:
    """A table of some columns, and a file of mostly good values of them."""
    kinds = draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=4))
    schema = samples.schema(**{f"c{index}": kind for index, kind in enumerate(kinds)})
    rows = draw(st.lists(st.tuples(*(st.sampled_from(GOOD[kind]) for kind in kinds)), max_size=8))
    lines = [list(row) for row in rows]
    is_bad: bool = draw(st.booleans())
    if lines and is_bad:
        kind = draw(st.integers(0, len(kinds) - 1))
        any_text = st.sampled_from(KINDS[kinds[kind]]) | st.text(
            "0123456789.-+eExX :TZ", max_size=8
        )
        lines[draw(st.integers(0, len(lines) - 1))][kind] = draw(any_text)
    is_quoted: bool = draw(st.booleans())
    form = quoted if is_quoted else _if_needed
    header = ",".join(schema.column_names)
    return schema, "\n".join([header, *(",".join(map(form, line)) for line in lines)]).encode()


def _is_good(text: str, kind: str) -> bool:
    try:
        csv_oracle.value(text, kind)
    except csv_oracle.Refused:
        return False
    return True


def _if_needed(text: str) -> str:
    return quoted(text) if any(mark in text for mark in '",\r\n') else text


GOOD = {kind: [text for text in texts if _is_good(text, kind)] for kind, texts in KINDS.items()}


@settings(max_examples=1000, deadline=None)
@given(files())
def test_generated_files_are_read_alike_field_by_field(made: tuple[TableSchema, bytes]) -> None:
    schema, content = made
    agree(content, schema)
