"""JSON Lines and fastText lines: what they say is read as it is written; bad lines are named and may be left out."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.columns import Columns
from textrnn.data.defects import Defects
from textrnn.data.jsonl import json_rows
from textrnn.data.labelled import read_labelled
from textrnn.data.lines import lines_of

Put = Callable[[str, str | bytes], str]
Refusal = Callable[..., str]
GOOD = '{"text": "fine", "label": "pos"}\n'

texts = st.text(st.characters(codec="utf-8"), max_size=12)


@given(rows=st.lists(st.tuples(texts, texts.filter(str.strip)), max_size=6), is_ascii=st.booleans())
def test_what_json_wrote_is_read_back(rows: list[tuple[str, str]], is_ascii: bool) -> None:
    lines = [json.dumps({"label": label, "text": text}, ensure_ascii=is_ascii) + "\n" for text, label in rows]
    defects = Defects("r.jsonl")
    read = list(json_rows(lines_of(["".join(lines)]), Columns.of(None, None), "r.jsonl", defects.add))
    assert [(row.text, row.label, row.line) for row in read] == [(*row, n) for n, row in enumerate(rows, 1)]
    assert defects.settle(skip_bad=False) == []


BAD_LINES = {
    # case: (line, in the refusal)
    "no JSON": (
        '{"text": "bad" "label": "neg"}',
        'not JSON (Expecting \',\' delimiter at character 16: \'{"text": "bad"',
    ),
    "cut short": ('{"text": "bad", "la', "not JSON (Unterminated string"),
    "a list": ('["bad", "neg"]', 'not an object (a list: \'["bad", "neg"]\')'),
    "a string": ('"bad"', "not an object (a string: "),
    "a number": ("12", "not an object (a number: "),
    "null": ("null", "not an object (null: "),
    "a key twice": ('{"text": "a", "label": "neg", "text": "b"}', "a key given twice ('text')"),
    "a surrogate": ('{"text": "a\\ud800", "label": "neg"}', "half of a surrogate pair (U+D800 at character 2)"),
    "a surrogate in the label": (
        '{"text": "a", "label": "\\udfff"}',
        "half of a surrogate pair (U+DFFF at character 1)",
    ),
    "no text": ('{"label": "neg"}', "no text"),
    "text null": ('{"text": null, "label": "neg"}', "no text"),
    "text a number": ('{"text": 5, "label": "neg"}', "a text that is no string (a number)"),
    "no label": ('{"text": "bad"}', "no label"),
    "an empty label": ('{"text": "bad", "label": ""}', "no label"),
    "two labels": ('{"text": "bad", "label": ["a", "b"]}', "a label that is no single value (a list)"),
    "too deep": ('{"text": "bad", "label": ' + "[" * 100_000 + "}", "nested too deeply"),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_bad_lines_are_named(put: Put, refusal: Refusal, case: str) -> None:
    line, said = BAD_LINES[case]
    put("r.jsonl", GOOD + "\n" + line + "\n" + GOOD)
    refused = refusal("r.jsonl")
    assert refused.startswith(said) and " in r.jsonl line 3: mend it, or leave it out with " in refused
    assert len(refused) < 300
    rows = read_labelled(["r.jsonl"], skip_bad=True)
    assert rows.texts == ("fine", "fine")
    assert rows.notes[0].startswith("r.jsonl: 1 row left out: ") and rows.notes[0].endswith(" (line 3)")


def test_missing_keys_name_those_that_are_there(put: Put, refusal: Refusal) -> None:
    put("r.jsonl", '{"review": "fine", "stars": 5}\n')
    assert refusal("r.jsonl").startswith(
        "no column 'text' and no column 'label' among 'review', 'stars' in r.jsonl line 1: name them with --text-column"
    )
    put("s.jsonl", '{"text": "fine", "stars": 5}\n{"text": "bad", "stars": 1}\n')
    assert refusal("s.jsonl").startswith(
        "no column 'label' among 'text', 'stars' in s.jsonl: name it with --label-column"
    )
    rows = read_labelled(["s.jsonl"], label_column="stars")
    assert rows.labels == ("5", "1") and rows.places[1] == "s.jsonl line 2"


def test_labels_that_are_no_strings_are_taken_as_they_are_written(put: Put) -> None:
    written = ["1", "1.0", "-2e3", "true", "null", "NaN", "9" * 5000]
    put("r.jsonl", "".join(f'{{"text": "t", "label": {label}}}\n' for label in written))
    rows = read_labelled(["r.jsonl"])
    assert list(rows.labels) == written
    assert {type(label) for label in rows.labels} == {str}
    assert rows.notes == ()


def test_one_label_of_two_kinds_is_noted(put: Put) -> None:
    put("r.jsonl", '{"text": "a", "label": 1}\n{"text": "b", "label": "1"}\n')
    rows = read_labelled(["r.jsonl"])
    assert rows.labels == ("1", "1")
    assert rows.notes == ("r.jsonl: the label '1' stands as a number and as a string: taken as one label",)


def test_fasttext_lines(put: Put) -> None:
    put("r.txt", "__label__pos the  text \n\n  __label__neg\tbad\n__label__\u0938\u0941\u0916 x\n__label__pos\n")
    rows = read_labelled(["r.txt"])
    assert rows.texts == ("the  text ", "bad", "x", "")
    assert rows.labels == ("pos", "neg", "\u0938\u0941\u0916", "pos")
    assert rows.places == ("r.txt line 1", "r.txt line 3", "r.txt line 4", "r.txt line 5")


FASTTEXT = {
    "several labels": ("__label__a __label__b text", "several labels (a text has one) in r.txt line 2: "),
    "several, far apart": ("__label__a text __label__b", "several labels (a text has one) in r.txt line 2: "),
    "no label": ("some text", "no label (the line does not begin with __label__) in r.txt line 2: "),
    "an empty label": ("__label__ text", "no label (nothing follows __label__) in r.txt line 2: "),
}


@pytest.mark.parametrize("case", FASTTEXT)
def test_bad_fasttext_lines_are_named(put: Put, refusal: Refusal, case: str) -> None:
    line, said = FASTTEXT[case]
    put("r.txt", f"__label__pos fine\n{line}\n__label__neg bad\n")
    assert refusal("r.txt").startswith(said)
    assert read_labelled(["r.txt"], skip_bad=True).texts == ("fine", "bad")


def test_a_word_that_holds_the_mark_is_no_label(put: Put) -> None:
    put("r.txt", "__label__pos write x__label__y or __label__ before it\n")
    assert read_labelled(["r.txt"]).texts == ("write x__label__y or __label__ before it",)
