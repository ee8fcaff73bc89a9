"""Pairs from files: what a pair is, what is refused and with which line, which files look so."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Callable

import pytest

from textrnn.data.corpora import builtin_text
from textrnn.data.pairs import Pairs, is_pairs, pairs_of, read_pairs
from textrnn.data.repeats import repeats
from textrnn.errors import UserError

Put = Callable[[str, str | bytes], str]
TSV = "Go.\tVa !\nRun!\tCours !\n"
TWO = (("Go.", "Run!"), ("Va !", "Cours !"))


def both(pairs: Pairs) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return pairs.sources, pairs.targets


def refused(*names: str, **options: object) -> str:
    with pytest.raises(UserError) as caught:
        read_pairs(names, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value) and caught.value.exit_code == 2
    return str(caught.value)


def test_a_pair_a_line_with_its_place(put: Put) -> None:
    found = read_pairs([put("eng-fra.tsv", "Go.\tVa !\n\n  \nRun! \tCours !")])
    assert both(found) == (("Go.", "Run! "), ("Va !", "Cours !"))
    assert found.places == ("eng-fra.tsv line 1", "eng-fra.tsv line 4")
    assert found.name == "eng-fra" and found.notes == () and len(found) == 2
    assert read_pairs([put("a.tsv", TSV)]).sha256 == hashlib.sha256(TSV.encode()).hexdigest()


def test_without_a_header_a_quote_is_a_character(put: Put) -> None:
    found = read_pairs([put("a.tsv", '"Go." "Now!"\t« Va ! »\n"open\tx\n')])
    assert both(found) == (('"Go." "Now!"', '"open'), ("« Va ! »", "x"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "source,target\nGo.,Va !\nRun!,Cours !\n"),
        ("a.csv", 'target,note,source\n"Va !",x,"Go."\n\nCours !,,Run!\n'),
        ("a.tsv", "source\ttarget\n\"Go.\"\tVa !\nRun!\tCours !\n"),
        ("a.jsonl", '{"source": "Go.", "target": "Va !"}\n\n{"target": "Cours !", "id": 3, "source": "Run!"}\n'),
        ("pairs.txt", TSV),
        ("pairs", "source,target\nGo.,Va !\nRun!,Cours !\n"),
        ("pairs", '{"source": "Go.", "target": "Va !"}\n{"source": "Run!", "target": "Cours !"}'),
        ("bom.tsv", b"\xef\xbb\xbf" + TSV.encode()),
        ("crlf.tsv", TSV.replace("\n", "\r\n")),
        ("utf-16.tsv", TSV.encode("utf-16")),
        ("a.tsv.gz", gzip.compress(TSV.encode())),
    ],
)  # fmt: skip
def test_the_same_pairs_in_every_format(put: Put, name: str, content: str | bytes) -> None:
    assert both(read_pairs([put(name, content)])) == TWO


def test_columns_can_be_named_and_then_there_is_a_header(put: Put) -> None:
    for name, mark in (("a.csv", ","), ("a.tsv", "\t"), ("a.txt", "\t"), ("b.txt", ",")):
        table = f"en{mark}fr\nGo.{mark}Va !\nRun!{mark}Cours !\n"
        assert both(read_pairs([put(name, table)], source_column="en", target_column="fr")) == TWO
    assert "both in the column en: give two with --source-column and --target-column" in refused(
        "a.csv", source_column="en", target_column="en"
    )
    assert "an empty name in --target-column" in refused("a.csv", target_column="")


def test_from_a_pipe_and_from_several_files(put: Put) -> None:
    assert both(read_pairs(["-"], stdin=io.BytesIO(TSV.encode()))) == TWO
    found = read_pairs([put("a.tsv", TSV), put("b.csv", "source,target\nHi.,Salut.\n"), "a.tsv"])
    assert found.sources == ("Go.", "Run!", "Hi.", "Go.", "Run!") and found.name == "a+b"
    assert any("given twice, and read twice" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", "Go.\tVa !\nRun!\n", "no tab between source and target (1 field instead of 2) in a.tsv line 2: me"),
        ("a.tsv", "Go.\tVa !\tCC-BY\nRun!\tx\ty\n", "more than a source and a target on 2 rows (the first: 3 fields"),
        ("a.tsv", "\tVa !\nRun!\t \n", "no source in a.tsv line 1: mend it, or leave it out with --skip-bad; no tar"),
        ("a.tsv", "Go.\nRun!\n", "no tab between source and target on 2 rows (the first: 1 field instead of 2)"),
        ("a.tsv", "source,target\nGo.,Va !\n", "1 column between tabs, and commas in the first line in a.tsv: give"),
        ("a.csv", "source;target\nGo.;Va !\n", "1 column between commas, and semicolons in the first line in a.csv:"),
        ("a.csv", "en,fr\nGo.,Va !\n", "no column 'source' and no column 'target' among 'en', 'fr' in a.csv: name t"),
        ("a.csv", "source,fr\nGo.,Va !\n", "no column 'target' among 'source', 'fr' in a.csv: name it with --target"),
        ("a.csv", "sources,target\nGo.,x\n", "no column 'source' among 'sources', 'target' in a.csv: did you mean -"),
        ("a.csv", "source\nGo.\n", "no column 'target' among 'source'"),
        ("a.csv", "Go.,Va !\nRun!,x\nGo.,y\n", "no header: 'Go.' of the first line comes again below it in a.csv: p"),
        ("a.csv", "source,target\nGo.,Va !,x\nRun!\n", "more fields than in the header (3 instead of 2) in a.csv li"),
        ("a.csv", 'source,target\nGo.,Va !\n"Run!,Cours !\nHi.,Salut\n', "a quote that is never closed in a.csv lin"),
        ("a.csv", "source,target\nGo.,\n", "no target in a.csv line 2"),
        ("a.csv", "source,target\n ,Va !\n", "no source in a.csv line 2"),
        ("a.csv", "", "the file is empty in a.csv"),
        ("a.tsv", "", "the file is empty in a.tsv"),
        ("a.tsv", " \n\n", "no pairs in a.tsv: give lines of a source, a tab and a target"),
        ("a.txt", "Go. Va !\n", "no pairs: no tab in the first line in a.txt: give lines of a source, a tab and a t"),
        ("a.jsonl", '{"source": "Go."}\n', "no column 'target' among 'source' in a.jsonl"),
        ("a.jsonl", '{"source": "x", "target": "y"}\n{"source": "Go."}\n', "no target in a.jsonl line 2"),
        ("a.jsonl", '{"source": 1, "target": "y"}\n', "a source that is no string (a number) in a.jsonl line 1"),
        ("a.jsonl", '{"source": "x", "target": 353}\n', "a target that is no string (a number) in a.jsonl line 1"),
        ("a.jsonl", '{"source": "x", "target": null}\n', "no target in a.jsonl line 1"),
        ("a.jsonl", '{"source": "", "target": "y"}\n', "no source in a.jsonl line 1"),
        ("a.jsonl", '{"source": "x", "target": "\\ud800"}\n', "half of a surrogate pair (U+D800 at character 1)"),
        ("a.jsonl", '{"source": "x", "target": "y"}\nGo.\tVa !\n', "not JSON"),
        ("a.tsv", b"Go.\tVa\x00\n", "looks binary"),
        ("a.tsv", "Go.\tVa !\nRun!\tallé\n".encode("latin-1"), "a.tsv"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_line(put: Put, name: str, content: str | bytes, message: str) -> None:
    assert message in refused(put(name, content))


def test_invalid_utf_8_is_refused_with_its_place_and_the_mend(put: Put) -> None:
    name = put("a.tsv", "Go.\tVa !\nRun!\tallé\n".encode("latin-1"))
    assert "line 2" in refused(name) and "--encoding" in refused(name)
    assert read_pairs([name], encoding="latin-1").targets == ("Va !", "allé")


def test_with_skip_bad_pairs_are_left_out_and_counted(put: Put) -> None:
    found = read_pairs([put("a.tsv", "Go.\tVa !\n\tx\nRun!\nHi.\tSalut\n")], skip_bad=True)
    assert both(found) == (("Go.", "Hi."), ("Va !", "Salut")) and found.unusable_rows == 2
    assert found.notes == (
        "a.tsv: 1 row left out: no source (line 2)",
        "a.tsv: 1 row left out: no tab between source and target (line 3)",
    )
    assert "no pair that can be used (b.tsv: 1 row left out" in refused(put("b.tsv", "x\n"), skip_bad=True)


def test_a_text_over_several_lines_may_be_a_quote_left_open(put: Put) -> None:
    found = read_pairs([put("a.csv", 'source,target\n"Go.,Va !\nRun!,Cours !\nHi.",Salut\n')])
    assert len(found) == 1
    assert found.notes == ("a.csv: 1 pair over several lines: is a quote left open (line 2)?",)


def test_what_is_not_there_is_refused(put: Put) -> None:
    assert "one.tsv" in (both_missing := refused("one.tsv", "two.tsv")) and "two.tsv" in both_missing
    assert "no pairs given" in refused() and "standard input given twice" in refused("-", "-")
    put("folder/a.tsv", TSV)
    assert "is a folder in folder: give a file" in refused("folder")
    assert "a corpus without pairs in shakespeare: give pairs, such as dates" in refused("shakespeare")
    assert "did you mean dates" in refused("date")


def test_a_toy_task_by_name_is_the_file_that_it_prints(put: Put) -> None:
    toy = read_pairs(["reversals"])
    corpus = builtin_text("reversals")
    printed = read_pairs([put("printed.tsv", corpus.text())])
    assert both(toy) == both(printed) and toy.sha256 == printed.sha256 and toy.name == "reversals"
    put("reversals", "ab\tba\n")
    assert read_pairs(["reversals"]).sources == ("ab",), "a file of the same name goes before it"


def test_pairs_of_a_program() -> None:
    found = pairs_of(["Go.", "Run!"], ("Va !", "Cours !"))
    assert both(found) == TWO and found.name == "pairs" and found.places[1] == "pairs pair 1"
    assert found.sha256 != pairs_of(["Go.Va !", "Run!"], ["x", "Cours !"]).sha256


@pytest.mark.parametrize(
    ("sources", "targets", "message"),
    [
        (["a"], [], "1 sources and 0 targets: give a target for each source"),
        (["a", " "], ["b", "c"], r"an empty text in sources\[1\]"), (["a"], [""], r"an empty text in targets\[0\]"),
        ("ab", ["a", "b"], "one string in sources"), ([1], ["a"], r"no string but int in sources\[0\]"),
        ([], [], "no pairs"), (["\ud800"], ["a"], "half of a surrogate pair"),
    ],
)  # fmt: skip
def test_what_is_no_pair_is_refused(sources: list[str], targets: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        pairs_of(sources, targets)


@pytest.mark.parametrize(
    ("name", "content", "is_one"),
    [
        ("a.tsv", TSV, True), ("a.tsv.gz", gzip.compress(TSV.encode()), True),
        ("a.tsv", "source\ttarget\tid\n", True), ("a.csv", "id,target,source\n1,a,b\n", True),
        ("a.csv", "source;target\n", True), ("a.jsonl", '{"source": "a", "target": "b"}\n', True),
        ("noname", "source\ttarget\na\tb\n", True),
        ("a.tsv", "text\tlabel\na\tb\n", False), ("a.tsv", "label\treview\n", False), ("a.tsv", "a\tb\tc\n", False),
        ("a.tsv", "stars\treview\n" + "1\tbad\n5\tfine\n" * 4, False), ("a.tsv", "Hi.\tSalut\n" * 9, True),
        ("a.tsv", "Run!\tCours\nRun!\tCourez\nRun!\tFuyez\nGo.\tVa\nGo.\tAllez\n", True),
        ("a.csv", "text,label\n", False), ("a.csv", "text,label,source,target\n", False), ("a.csv", "a,b\n", False),
        ("a.jsonl", '{"text": "a", "label": "b"}\n', False), ("a.jsonl", "a\n", False), ("a.jsonl", "", False),
        ("a.txt", TSV, False), ("a.conll", "a\tb\n", False), ("a.tsv", "", False), ("a.tsv", "one\n", False),
        ("a.tsv", b"\x00\x01", False),
    ],
)  # fmt: skip
def test_what_looks_like_pairs(put: Put, name: str, content: str | bytes, is_one: bool) -> None:
    assert is_pairs(put(name, content)) == is_one


def test_toy_tasks_are_pairs_and_what_cannot_be_looked_at_is_not(put: Put) -> None:
    assert is_pairs("dates") and not is_pairs("shakespeare") and not is_pairs("missing.tsv") and not is_pairs("-")
    put("folder/a.tsv", TSV)
    assert not is_pairs("folder")


def test_repeats_are_counted_and_several_targets_are_named() -> None:
    found = repeats(pairs_of(["Run!", "Run!", "Go.", "Go.", "Hi."], ["Cours !", "Courez !", "Va !", "Va !", "Salut"]))
    assert (found.repeated_pairs, found.ambiguous_sources) == (1, 1)
    assert found.notes() == (
        "1 pair repeats an earlier one, source and target",
        "1 source with several targets: 'Run!' is 'Cours !' (pairs pair 0) and 'Courez !' (pairs pair 1); exact match "
        "can find one of them alone",
    )
    assert repeats(pairs_of(["a", "b"], ["x", "x"])).notes() == ()
