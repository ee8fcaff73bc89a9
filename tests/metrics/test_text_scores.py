from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from textrnn.errors import UserError
from textrnn.metrics.error_rates import error_rates
from textrnn.metrics.rouge import rouge_scores
from textrnn.metrics.text_scores import text_scores
from textrnn.metrics.translation import translation_scores

Pairs = tuple[list[str], list[str]]


def test_all_scores_are_those_of_their_own_functions(random_pairs: Pairs) -> None:
    scores = text_scores(*random_pairs)
    translation, overlap, rates = (f(*random_pairs) for f in (translation_scores, rouge_scores, error_rates))
    assert scores.to_json() == {
        "bleu": translation.bleu,
        "chrf": translation.chrf,
        "rouge1": overlap.rouge1,
        "rouge2": overlap.rouge2,
        "rougeL": overlap.rouge_l,
        "wer": rates.wer,
        "cer": rates.cer,
        "lines": 1000,
        "signature": scores.signature,
    }
    assert scores.signature.startswith(translation.signature)
    assert scores.notes == (*translation.notes, *overlap.notes, *rates.notes)


def test_equal_to_sacrebleu_pair_by_pair(random_pairs: Pairs) -> None:
    from sacrebleu import BLEU, CHRF

    bleu, chrf = BLEU(force=True), CHRF()
    for hypothesis, reference in zip(*random_pairs, strict=True):
        scores = translation_scores([hypothesis], [reference])
        assert scores.bleu == bleu.corpus_score([hypothesis], [[reference]]).score
        assert scores.chrf == chrf.corpus_score([hypothesis], [[reference]]).score


def test_equal_to_the_command_sacrebleu_with_its_signature(random_pairs: Pairs, tmp_path: Path) -> None:
    hypotheses, references = random_pairs
    (tmp_path / "hyp").write_text("".join(f"{line}\n" for line in hypotheses), encoding="utf-8")
    (tmp_path / "ref").write_text("".join(f"{line}\n" for line in references), encoding="utf-8")
    words = [sys.executable, "-m", "sacrebleu", "ref", "-i", "hyp", "-m", "bleu", "chrf", "-f", "text", "-w", "6"]
    said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True, encoding="utf-8").stdout
    scores = text_scores(hypotheses, references)
    for name, score in (("bleu", scores.bleu), ("chrf", scores.chrf)):
        assert f" = {score:.6f}" in said
        own = next(part for part in scores.signature.split("|") if part.startswith(f"{name}:"))
        assert own.removeprefix(f"{name}:").replace(",", "|") in said


def test_nltks_bleu_only_on_request() -> None:
    scores = text_scores(["a b c d"], ["a b c d"], nltk_smoothing="method1")
    assert scores.nltk_bleu == 1 and scores.to_json()["nltk_bleu"] == 1
    assert "|nltk:tok:split,smooth:method1,scale:0-1|" in scores.signature
    assert "nltk" not in str(text_scores(["a"], ["a"]).to_json())


@pytest.mark.parametrize(
    ("pair", "expected"),
    [(("", ""), (0, 0, 0, 0)), (("", "a b c d"), (0, 0, 1, 1)), (("a b c d", ""), (0, 0, 4, 7))],
)
def test_empty_lines_score_as_the_references_have_it_and_are_told(
    pair: tuple[str, str], expected: tuple[int, ...]
) -> None:
    scores = text_scores([pair[0]], [pair[1]])
    assert (scores.bleu, scores.rouge1, scores.wer, scores.cer) == expected
    assert scores.notes[0].startswith("1 of 1 lines have ")


def test_what_cannot_be_compared() -> None:
    with pytest.raises(UserError, match="2 hypotheses but 1 references"):
        text_scores(["a", "b"], ["a"])
    with pytest.raises(UserError, match="unknown smoothing"):
        text_scores(["a"], ["a"], nltk_smoothing="none")


def test_the_page_about_metrics_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    exec(code, {})
    said = capsys.readouterr().out.splitlines()[0]
    assert f"  # {said}\n" in code
