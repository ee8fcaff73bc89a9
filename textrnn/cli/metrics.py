"""`textrnn metrics`: scores of texts against references, of labels against true ones, of generated texts alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from textrnn.cli import streams
from textrnn.cli.figures import confusion_table, label_table
from textrnn.cli.generate import BETWEEN_SAMPLES
from textrnn.cli.options import Given, Json, check, command
from textrnn.config.text import ReadingSettings
from textrnn.errors import UserError
from textrnn.text.display import counted, printable

Hypotheses = Annotated[
    str | None,
    typer.Argument(metavar="HYP", help="what was written, translated, recognised or answered, a text or label a line"),
]
References = Annotated[
    str | None, typer.Argument(metavar="REF", help="what it should have been, line by line; - for one of them is stdin")
]
Labels = Annotated[
    bool,
    typer.Option(
        "--labels", rich_help_panel="Measuring",
        help="the lines are labels: accuracy, precision, recall, F1, confusion; what follows a tab is passed over",
    ),
]  # fmt: skip
NltkBleu = Annotated[
    str | None,
    typer.Option(
        "--nltk-bleu", metavar="METHOD", rich_help_panel="Measuring",
        help="NLTK's BLEU too, with its smoothing method0 (none) to method4",
    ),
]  # fmt: skip
Generated = Annotated[
    str | None,
    typer.Option(
        "--generated", metavar="FILE", rich_help_panel="Measuring",
        help=f"instead of HYP and REF: texts as textrnn generate writes them, with a line {BETWEEN_SAMPLES} between",
    ),
]  # fmt: skip
Source = Annotated[
    str | None,
    typer.Option(
        "--source", metavar="FILE", rich_help_panel="Measuring",
        help="with --generated: the text it may be copied from, or the name of a built-in corpus",
    ),
]  # fmt: skip
# of resampling: the same intervals every time
SEED = 0
STDIN = "-"
# cells of the table of a line's edits from which on it takes seconds
_MANY_CELLS = 10**10


@command(ReadingSettings)
def metrics(
    given: Given,
    hyp: Hypotheses = None,
    ref: References = None,
    labels: Labels = False,
    nltk_bleu: NltkBleu = None,
    generated: Generated = None,
    source: Source = None,
    json: Json = False,
) -> int:
    """Score texts against references, line by line.

    BLEU and chrF (equal to sacrebleu's), ROUGE-1, 2 and L (to rouge-score's), WER and CER (to jiwer's). With --labels
    the figures of a classifier (equal to scikit-learn's). With --generated what needs no reference: distinct-n,
    self-BLEU, repetition, and the share that is copied. What makes a figure mean less than it seems is said on stderr.

    Examples:
    textrnn metrics hypotheses.txt references.txt
    textrnn metrics hypotheses.txt references.txt --nltk-bleu method1 --json
    textrnn classify --file texts.txt | textrnn metrics --labels - labels.txt
    textrnn generate -N 8 | textrnn metrics --generated - --source shakespeare
    """
    (reading,) = check(given, ReadingSettings)
    _check_form(hyp, ref, labels=labels, nltk_bleu=nltk_bleu, generated=generated, source=source)
    if generated is not None:
        figures, tables = _of_generated(generated, source, reading)
    else:
        assert hyp is not None and ref is not None
        pair = _pair(hyp, ref, reading)
        figures, tables = _of_labels(hyp, ref, *pair) if labels else _of_texts(*pair, nltk_bleu)
    if json:
        streams.json_line(figures)
    else:
        streams.tables([*tables, [("signature", figures["signature"])]])
    return 0


def _check_form(
    hyp: str | None, ref: str | None, *, labels: bool, nltk_bleu: str | None, generated: str | None, source: str | None
) -> None:
    """Refuse flags and files that do not go together, and files that are missing."""
    from textrnn.metrics.nltk_bleu import check_smoothing

    bad = []
    if generated is not None:
        beside = {"HYP": hyp is not None, "--labels": labels, "--nltk-bleu": nltk_bleu is not None}
        bad += [
            UserError(f"{name} with --generated", mend="it measures texts without references, leave one of them out")
            for name, is_there in beside.items()
            if is_there
        ]
    elif ref is None:
        missing = "REF is missing" if hyp is not None else "HYP and REF are missing"
        mend = "give two files, or --generated FILE for texts without references"
        bad.append(UserError(missing, which="textrnn metrics", mend=mend))
    if source is not None and generated is None:
        bad.append(UserError("--source without --generated", mend="give generated texts with --generated FILE"))
    if [hyp, ref, generated, source].count(STDIN) > 1:
        bad.append(UserError("- twice", which="textrnn metrics", mend="stdin can be read once, give a file for one"))
    if labels and nltk_bleu is not None:
        bad.append(UserError("--nltk-bleu with --labels", mend="labels are no texts, leave one of them out"))
    if nltk_bleu is not None:
        try:
            check_smoothing(nltk_bleu)
        except UserError as error:
            bad.append(error)
    if bad:
        raise UserError.join(bad)


def _read(file: str, reading: ReadingSettings) -> str:
    from textrnn.text.reading import read_text

    read = read_text(file, **reading.model_dump())
    streams.notes(read.notes)
    return read.text


def _pair(hyp: str, ref: str, reading: ReadingSettings) -> tuple[list[str], list[str]]:
    """Return the lines of both files, of which there must be as many."""
    from textrnn.data.lines import lines_of

    hypotheses, references = (list(lines_of([_read(file, reading)])) for file in (hyp, ref))
    if len(hypotheses) != len(references):
        raise UserError(
            f"{counted(len(hypotheses), 'line')} in {_called(hyp)} but {len(references):,} in {_called(ref)}",
            mend="give one reference line for each hypothesis line, in the same order",
        )
    if not hypotheses:
        raise UserError("no lines to compare", which=_called(hyp), mend="give at least one line in each file")
    return hypotheses, references


def _called(file: str) -> str:
    return "standard input" if file == STDIN else printable(file)


def _of_texts(
    hypotheses: Sequence[str], references: Sequence[str], nltk_bleu: str | None
) -> tuple[dict[str, Any], list[Any]]:
    from textrnn.metrics.text_scores import text_scores
    from textrnn.report.scores import pair_rows

    longest = max(map(len, [*hypotheses, *references]))
    if max(len(own) * len(true) for own, true in zip(hypotheses, references, strict=True)) > _MANY_CELLS:
        streams.note(f"a line of {longest:,} characters: the time to count its edits grows with the square of that")
    scores = text_scores(hypotheses, references, nltk_smoothing=nltk_bleu)
    streams.notes(scores.notes)
    figures = scores.to_json()
    return figures, [pair_rows(figures)]


def _of_labels(
    hyp: str, ref: str, hypotheses: Sequence[str], references: Sequence[str]
) -> tuple[dict[str, Any], list[Any]]:
    from textrnn.metrics.answers import answer_figures
    from textrnn.report.scores import answer_rows

    found = answer_figures(_labels(hypotheses, hyp), _labels(references, ref), seed=SEED)
    streams.notes(found.notes)
    figures = found.to_json()
    return figures, [answer_rows(figures), label_table(figures), confusion_table(figures)]


def _labels(lines: Sequence[str], file: str) -> list[str]:
    """Return the label of each line: what stands before a tab, so that what `classify` prints can be measured."""
    if lines and lines[0].startswith('{"'):
        mend = "labels stand on lines of their own; classify prints them without --json"
        raise UserError("JSON", which=f"{_called(file)} line 1", mend=mend)
    labels = [line.partition("\t")[0].strip() for line in lines]
    if missing := [number for number, label in enumerate(labels, 1) if not label]:
        which = f"{_called(file)} line {missing[0]}" + (f" and {len(missing) - 1:,} more" if len(missing) > 1 else "")
        raise UserError("no label", which=which, mend="give each line a label, such as ? for none")
    return labels


def _of_generated(generated: str, source: str | None, reading: ReadingSettings) -> tuple[dict[str, Any], list[Any]]:
    from textrnn.metrics.generated import generated_figures
    from textrnn.report.scores import generated_rows

    found = generated_figures(_samples(_read(generated, reading)), _source(source, reading))
    streams.notes(found.notes)
    figures = found.to_json()
    return figures, [generated_rows(figures)]


def _samples(text: str) -> list[str]:
    """Return the texts between the lines that `generate` puts between them."""
    from textrnn.data.lines import lines_of

    samples: list[list[str]] = [[]]
    for line in lines_of([text]):
        if line == BETWEEN_SAMPLES:
            samples.append([])
        else:
            samples[-1].append(line)
    return ["\n".join(lines) for lines in samples]


def _source(name: str | None, reading: ReadingSettings) -> Any:
    if name is None:
        return None
    from textrnn.data.corpora import resolve_text
    from textrnn.metrics.copying import MAX_UNITS
    from textrnn.metrics.generated import Source

    corpus = resolve_text([name], **reading.model_dump())
    streams.notes(corpus.notes)
    beginning = corpus.part(0, min(corpus.characters, MAX_UNITS))
    text = "".join(piece for document in beginning.documents() for piece in document)
    return Source(text=text, characters=corpus.characters, sha256=corpus.sha256)
