"""Texts under conditions: read from every format of labelled data, split, and told to a network as one number."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.data.conditioned import check_conditions, read_texts, split_by_condition
from textrnn.data.conditions import Conditions
from textrnn.data.text_data import TextData, prepare_text
from textrnn.errors import UserError
from textrnn.text.corpus import Corpus
from textrnn.text.vocabulary import END

NAMES = {"north": ["Skarn", "Brok", "Vrask", "Torsk"], "south": ["Alia", "Miro", "Oria", "Lumea"]}
ROWS = [(name, land) for pair in zip(*NAMES.values(), strict=True) for name, land in zip(pair, NAMES, strict=True)]


def table(folder: Path, rows: list[tuple[str, str]], header: str = "text\tland", name: str = "names.tsv") -> Path:
    path = folder / name
    path.write_text(header + "\n" + "".join(f"{text}\t{land}\n" for text, land in rows))
    return path


def test_all_formats_of_labelled_data_give_the_same_texts(tmp_path: Path) -> None:
    table(tmp_path, ROWS)
    (tmp_path / "a.jsonl").write_text("".join(f'{{"name": "{text}", "land": "{land}"}}\n' for text, land in ROWS))
    (tmp_path / "lines.txt").write_text("".join(f"__label__{land} {text}\n" for text, land in ROWS))
    (tmp_path / "lists").mkdir()
    for land, names in NAMES.items():
        (tmp_path / "lists" / f"{land}.txt").write_text("\n".join(names) + "\n")
    read = [
        read_texts([tmp_path / "names.tsv"], condition_column="land"),
        read_texts([tmp_path / "a.jsonl"], condition_column="land", text_column="name"),
        read_texts([tmp_path / "lines.txt"], condition_column="label"),
        read_texts([tmp_path / "lists"], condition_column="label"),
    ]
    for corpus in read:
        part = corpus.chosen(range(len(corpus.documents)))
        texts = ["".join(pieces) for pieces in part.documents()]
        assert sorted(zip(texts, part.conditions, strict=True)) == sorted(ROWS)


def test_chosen_documents_stand_in_the_order_they_were_chosen_in(tmp_path: Path) -> None:
    corpus = read_texts([table(tmp_path, ROWS)], condition_column="land")
    part = corpus.chosen([5, 0, 2])
    found = [("".join(pieces), condition) for pieces, condition in zip(part.documents(), part.conditions, strict=True)]
    assert found == [ROWS[5], ROWS[0], ROWS[2]] and part.num_documents == 3
    assert part.characters == sum(len(text) for text, _ in found)


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (ROWS, {"condition_column": "lnad"}, "no column 'lnad' among 'text', 'land' in"),
        (ROWS, {"condition_column": "lnad"}, "did you mean --condition-column 'land'?"),
        (ROWS, {"condition_column": ""}, "an empty name in --condition-column"),
        (ROWS, {"condition_column": "text"}, "text and condition both in the column text"),
        ([*ROWS, ("Nemo", "")], {"condition_column": "land"}, "no condition in "),
        ([*ROWS, ("Nemo", "")], {"condition_column": "land"}, "names.tsv line 10: mend it, or leave it out"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, rows: list[tuple[str, str]], options: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError) as refused:
        read_texts([table(tmp_path, rows)], **options)
    assert message in str(refused.value)


def test_columns_are_refused_where_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("__label__a x\n__label__b y\n")
    with pytest.raises(UserError, match="--condition-column, and no columns"):
        read_texts([path], condition_column="land")


def test_rows_are_left_out_on_request_and_empty_texts_always(tmp_path: Path) -> None:
    corpus = read_texts(
        [table(tmp_path, [*ROWS, ("Nemo", ""), ("  ", "north")])], condition_column="land", skip_bad=True
    )
    assert len(corpus.documents) == len(ROWS) == len(corpus.conditions)
    assert any("no condition" in note for note in corpus.notes) and any("empty text" in note for note in corpus.notes)


def corpus_of(tmp_path: Path, counts: dict[str, int]) -> Corpus:
    rows = [(f"{land} text {number}", land) for land, count in counts.items() for number in range(count)]
    return read_texts([table(tmp_path, rows)], condition_column="land")


def test_a_tenth_under_each_condition_is_held_out_in_an_order_that_says_nothing(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"a": 300, "b": 50, "c": 1})
    training, held_out = split_by_condition(corpus, 0.1, seed=4)
    assert sorted([*training, *held_out]) == [*range(351)]
    assert Counter(corpus.conditions[place] for place in held_out) == {"a": 30, "b": 5}
    # the only text under a condition is trained on
    assert 350 in training
    assert list(training) != sorted(training) and list(held_out) != sorted(held_out)
    again = split_by_condition(corpus, 0.1, seed=4)
    assert all((one == other).all() for one, other in zip(again, (training, held_out), strict=True))
    assert set(split_by_condition(corpus, 0.1, seed=5)[1]) != set(held_out)


def test_conditions_that_tell_little_are_told_or_refused(tmp_path: Path) -> None:
    (note,) = check_conditions(corpus_of(tmp_path, {"a": 300, "b": 19, "c": 3}))
    assert "few texts under 2 conditions ('c' 3, 'b' 19)" in note
    assert check_conditions(corpus_of(tmp_path, {"a": 300, "b": 20})) == ()
    with pytest.raises(UserError, match="one condition alone, 'a' on all 300 rows"):
        check_conditions(corpus_of(tmp_path, {"a": 300}))
    with pytest.raises(UserError, match="every condition on 1 row alone"):
        split_by_condition(corpus_of(tmp_path, {"a": 1, "b": 1}), 0.1, seed=0)


def prepared(tmp_path: Path, kind: str = "char", **settings: object) -> TextData:
    corpus = corpus_of(tmp_path, {"north": 240, "south": 120, "west": 30})
    given = {"condition_column": "land", "tokenizer": kind, "min_count": None if kind == "byte" else 1, **settings}
    return prepare_text(corpus, TrainLanguageModelSettings.check(given), seed=1)


@pytest.mark.parametrize("kind", ["char", "byte", "word"])
def test_each_unit_is_read_under_the_condition_of_its_document(tmp_path: Path, kind: str) -> None:
    data = prepared(tmp_path, kind)
    assert data.conditions.names == ("north", "south", "west")
    size = len(data.tokenizer.symbols)
    for ids, inputs in ((data.train, data.train_inputs), (data.valid, data.valid_inputs)):
        assert ids[0] == ids[-1] == END and len(ids) == len(inputs)
        np.testing.assert_array_equal(inputs[:-1] % size, ids[:-1])
        edges = np.flatnonzero(ids == END)
        for begin, end in pairwise(edges):
            # the text says its condition
            text = data.tokenizer.decode(ids[begin:end].tolist())
            (number,) = set((inputs[begin:end] // size).tolist())
            assert text.startswith(data.conditions.names[number])
    assert data.facts["conditions"] == {"north": 216, "south": 108, "west": 27}
    assert data.tokenizer.start_id == END


def test_thousands_of_conditions_are_read(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {f"author {number}": 2 for number in range(1500)})
    data = prepare_text(corpus, TrainLanguageModelSettings.check({"condition_column": "land"}), seed=0)
    size = len(data.tokenizer.symbols)
    assert len(data.conditions) == 1500 and int(data.train_inputs.max()) // size == 1499
    assert len(data.conditions.listed()) < 500


def test_held_out_texts_under_other_conditions_are_refused(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, {"north": 80, "south": 40})
    other = read_texts([table(tmp_path, [("x", "north"), ("y", "nroth")], name="v.tsv")], condition_column="land")
    with pytest.raises(UserError) as refused:
        prepare_text(corpus, TrainLanguageModelSettings.check({"condition_column": "land"}), valid=other)
    assert "1 condition that names does not have: 'nroth' (" in str(refused.value)


def test_a_condition_is_asked_for_by_name() -> None:
    some, none = Conditions(("French", "German", "Russian")), Conditions()
    assert [some.number(name, "m") for name in some.names] == [0, 1, 2] and none.number(None, "m") is None
    assert Conditions(("Gae\u0301lique", "Gaelique")).number("Ga\u00e9lique", "m") == 0
    for conditions, name, message in (
        (some, None, "no --condition, and the model was trained under some in m: give one of 'French', 'German'"),
        (some, "Rusian", "no condition 'Rusian' in m: did you mean 'Russian'?"),
        (some, "x", "no condition 'x' in m: give one of 'French', 'German', 'Russian'"),
        (none, "x", "--condition 'x', and the model was trained without conditions in m: leave it out"),
    ):
        with pytest.raises(UserError) as refused:
            conditions.number(name, "m")
        assert message in str(refused.value)


def test_settings_of_tables_need_a_condition_column() -> None:
    for given in ({"text_column": "name"}, {"skip_bad": True}):
        with pytest.raises(UserError, match="without --condition-column"):
            TrainLanguageModelSettings.check(given)
