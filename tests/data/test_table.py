"""CSV and TSV by law: what a writer of the csv module wrote is read back; what is broken is refused with its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.columns import Columns
from textrnn.data.defects import Defects
from textrnn.data.labelled import read_labelled
from textrnn.data.lines import lines_of
from textrnn.data.table import table_rows

Put = Callable[[str, str | bytes], str]
Refusal = Callable[..., str]

# what a decoder leaves of line ends is LF; a label is no blank
cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=12)
labels = st.text(st.sampled_from('ab,;"\t \u2028'), max_size=5).map(lambda label: label + "x")


@given(
    rows=st.lists(st.tuples(cells, labels), max_size=8),
    delimiter=st.sampled_from(",\t"),
    quoting=st.sampled_from([0, 1]),
)
def test_what_was_written_is_read_back_with_its_line(rows: list[tuple[str, str]], delimiter: str, quoting: int) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator="\n")
    writer.writerow(("text", "label"))
    starts = []
    for row in rows:
        starts.append(file.getvalue().count("\n") + 1)
        writer.writerow(row)
    defects = Defects("t.csv")
    read = list(table_rows(lines_of([file.getvalue()]), delimiter, Columns.of(None, None), "t.csv", defects.add))
    assert [(row.text, row.label, row.line) for row in read] == [
        (*row, start) for row, start in zip(rows, starts, strict=True)
    ]
    assert defects.settle(skip_bad=False) == []


@given(st.lists(st.text(st.sampled_from("ab\n\r"), max_size=5)))
def test_lines_do_not_depend_on_the_pieces(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert list(lines_of(pieces)) == (text.removesuffix("\n").split("\n") if text else [])


def test_lines_are_given_before_the_next_piece_is_asked_for() -> None:
    asked = []

    def pieces() -> object:
        for piece in ("one\ntw", "o\n", "three"):
            asked.append(piece)
            yield piece

    lines = lines_of(pieces())  # type: ignore[arg-type]
    assert (next(lines), len(asked)) == ("one", 1)
    assert (next(lines), len(asked)) == ("two", 2)
    assert list(lines) == ["three"]


def test_cells_with_quotes_tabs_and_line_breaks_know_their_physical_line(put: Put) -> None:
    put("r.csv", 'id,label,text\n1,pos,"a ""b"",\tc\nd"\n\n2,neg,e\r\n3,pos,"\u2028"\n')
    rows = read_labelled(["r.csv"])
    assert rows.texts == ('a "b",\tc\nd', "e", "\u2028")
    assert rows.labels == ("pos", "neg", "pos")
    assert rows.places == ("r.csv line 2", "r.csv line 5", "r.csv line 6")
    assert rows.notes == ("r.csv: CR LF line ends read as LF (1)",)


def test_tabs_part_the_cells_of_a_tsv(put: Put) -> None:
    put("r.tsv", 'label\ttext\npos\ta, b\nneg\t"c\td"\n')
    rows = read_labelled(["r.tsv"])
    assert rows.texts == ("a, b", "c\td") and rows.labels == ("pos", "neg")


def test_long_cells_are_read_and_the_limit_of_others_stays(put: Put) -> None:
    long = "word " * 60_000
    put("r.csv", f"text,label\n{long},pos\n{long}x,neg\n")
    before = csv.field_size_limit()
    assert [len(text) for text in read_labelled(["r.csv"]).texts] == [300_000, 300_001]
    assert csv.field_size_limit() == before == 131_072
    with pytest.raises(csv.Error):
        next(csv.reader([long]))


UNREADABLE = {
    # case: (content, in the line)
    "never closed": (
        'text,label\na,pos\n"b,neg\nc,pos\n',
        "a quote that is never closed in r.csv line 3: close it, and",
    ),
    "never closed in a later cell": (
        'text,label,note\na,pos,"x\ny"\n"b\nc",neg,"d\n',
        "a quote that is never closed in r.csv line 5: ",
    ),
    "never closed after doubled quotes": ('text,label\n"a ""b"" c,pos\nd,neg\n', "never closed in r.csv line 2: "),
    "closed by a later one": (
        'text,label\n"a,pos\nb,neg\n"c",pos\n',
        "a quote opened here is closed on line 4, and is followed by text in r.csv line 2: ",
    ),
    "quotes not doubled": ('text,label\na,pos\n"b "c" d",neg\n', "text after a closing quote in r.csv line 3: "),
    "quotes escaped": ('text,label\n"b \\"c\\" d",neg\n', "text after a closing quote in r.csv line 2: close it, and"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_quotes_left_open_are_found_where_they_open(put: Put, refusal: Refusal, case: str) -> None:
    content, line = UNREADABLE[case]
    put("r.csv", content)
    assert line in refusal("r.csv")
    # nothing behind an open quote can be trusted
    assert line in refusal("r.csv", skip_bad=True)


def test_rows_that_a_quote_may_have_swallowed_are_noted(put: Put) -> None:
    put("r.csv", 'text,label\n"a,pos\nb,neg\nhe is 6",pos\nc,neg\n"two\nlines",neg\n')
    rows = read_labelled(["r.csv"])
    assert rows.texts == ("a,pos\nb,neg\nhe is 6", "c", "two\nlines")
    assert rows.notes == ("r.csv: a cell holds lines that look like rows: is a quote left open (line 2)?",)
    put("l.csv", 'label,text\npos,"a\nneg,b\npos,6"\nneg,c\n')
    assert read_labelled(["l.csv"]).notes == (rows.notes[0].replace("r.csv", "l.csv"),)


def test_ragged_rows_say_how_many_fields(put: Put, refusal: Refusal) -> None:
    put("r.csv", "text,label\na,pos\nb, c,pos\nd\ne,f,g,neg\n")
    said = refusal("r.csv")
    assert (
        "more fields than in the header on 2 rows (the first: 3 instead of 2) in r.csv lines 3, 5: mend them, or leave "
        "them out with --skip-bad"
    ) in said
    assert "fewer fields than in the header (1 instead of 2) in r.csv line 4: mend it, or leave it out" in said
    rows = read_labelled(["r.csv"], skip_bad=True)
    assert rows.texts == ("a",)
    assert rows.notes == (
        "r.csv: 2 rows left out: more fields than in the header (lines 3, 5)",
        "r.csv: 1 row left out: fewer fields than in the header (line 4)",
    )


def test_missing_labels_are_counted_with_the_first_five_lines(put: Put, refusal: Refusal) -> None:
    put("r.csv", "text,label\n" + "a,pos\n" + "b,\n" * 6 + "c, \n" + "d,neg\n")
    said = refusal("r.csv")
    assert "no label on 7 rows in r.csv lines 3, 4, 5, 6, 7 and 2 more: " in said and "--skip-bad" in said
    rows = read_labelled(["r.csv"], skip_bad=True)
    assert rows.texts == ("a", "d")
    assert rows.notes == ("r.csv: 7 rows left out: no label (lines 3, 4, 5, 6, 7 and 2 more)",)


def test_a_header_in_the_midst_is_no_row(put: Put, refusal: Refusal) -> None:
    put("r.csv", "text,label\na,pos\ntext,label\nb,neg\n")
    assert "the header once more in r.csv line 3: " in refusal("r.csv")
    assert read_labelled(["r.csv"], skip_bad=True).texts == ("a", "b")


def test_labels_that_would_break_a_line_are_refused(put: Put, refusal: Refusal) -> None:
    put("r.csv", 'text,label\na,"pos\n"\nb,neg\n')
    assert "a label with a line break, a tab or a control character in r.csv line 2: " in refusal("r.csv")
    assert read_labelled(["r.csv"], skip_bad=True).labels == ("neg",)


HEADERS = {
    "no label column": (
        "text,class\na,pos\n",
        {},
        "no column 'label' among 'text', 'class' in r.csv: name it with --label",
    ),
    "neither column": (
        "id,review\n1,a\n",
        {},
        "no column 'text' and no column 'label' among 'id', 'review' in r.csv: name",
    ),
    "a slip in a name": ("text,lable\na,pos\n", {}, "did you mean --label-column 'lable'?"),
    "not the one that was named": ("text,label\na,pos\n", {"label_column": "y"}, "no column 'y' among 'text', 'label'"),
    "two of one name": ("text,text,label\na,b,pos\n", {}, "2 columns are called text in r.csv: "),
    "one for both": ("text,label\na,b\n", {"label_column": "text"}, "text and label both in the column text: "),
    "data as header": (
        "fine film,pos\nbad film,neg\nso so,pos\n",
        {},
        "no header: 'pos' of the first line comes again",
    ),
    "semicolons": (
        "text;label\na;pos\n",
        {},
        "1 column between commas, and semicolons in the first line in r.csv: save it",
    ),
    "tabs": ("text\tlabel\na\tpos\n", {}, "tabs in the first line in r.csv: give it a name that ends in .tsv"),
    "nothing": ("", {}, "the table is empty in r.csv: "),
    "blank lines": ("\n\n", {}, "the table is empty in r.csv: "),
    "a header alone": ("text,label\n", {}, "no rows in r.csv: "),
}


@pytest.mark.parametrize("case", HEADERS)
def test_headers_that_do_not_fit_are_refused(put: Put, refusal: Refusal, case: str) -> None:
    content, options, line = HEADERS[case]
    put("r.csv", content)
    assert line in refusal("r.csv", **options)


def test_columns_may_have_any_name_and_stand_anywhere(put: Put) -> None:
    put("r.csv", "sentiment, review ,id\npos,fine,1\nneg,bad,2\n")
    rows = read_labelled(["r.csv"], text_column="review", label_column="sentiment")
    assert rows.texts == ("fine", "bad") and rows.labels == ("pos", "neg")


def test_labels_are_kept_as_they_stand(put: Put) -> None:
    put("r.csv", "text,label\na, Pos\nb,1.0\nc,01\nd,NaN\ne,None\nf,TRUE\n")
    assert read_labelled(["r.csv"]).labels == (" Pos", "1.0", "01", "NaN", "None", "TRUE")
