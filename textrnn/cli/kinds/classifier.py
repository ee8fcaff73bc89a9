"""Labelled texts to a classifier: `textrnn train-classifier`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from textrnn.cli.kinds.kind import Kind
from textrnn.config.classifier import TrainClassifierSettings
from textrnn.config.run import ClassifierRunSettings
from textrnn.errors import UserError
from textrnn.text.display import printable

if TYPE_CHECKING:
    from textrnn.runs.folder import Run
    from textrnn.training.start import Start


class Classifiers(Kind):
    """Labelled texts to a classifier."""

    command, task, default, data = "train-classifier", "classifier", "rotten-tomatoes", "data"
    counted, donor = "examples_seen", None
    use = ("classify", "--model", "RUN", "TEXT")
    settings, run_settings = TrainClassifierSettings, ClassifierRunSettings

    def built_in(self) -> Collection[str]:
        from textrnn.data.corpora import LABELLED_CORPORA

        return LABELLED_CORPORA

    def read(self, files: Sequence[str], settings: TrainClassifierSettings) -> Any:
        from textrnn.data.labelled import read_labelled

        names = ("text_column", "label_column", "skip_bad", "encoding", "errors")
        return read_labelled(files, **{name: getattr(settings, name) for name in names})

    def name_of(self, data: Any) -> str:
        name: str = data.name
        return name

    def check(self, data: Any, valid: Any) -> None:
        from textrnn.data.labels import check_training_rows

        check_training_rows(data, is_split=valid is None)

    def read_beside(self, place: ClassifierRunSettings, settings: TrainClassifierSettings) -> dict[str, Any]:
        return {"unlabelled": [text for file in place.unlabelled for text in _texts(file, settings)]}

    def import_data(self) -> None:
        import textrnn.data.labelled
        import textrnn.data.labels  # noqa: F401

    def import_training(self) -> None:
        import textrnn.training.classifier.training  # noqa: F401

    def begin(self, data: Any, settings: TrainClassifierSettings, start: Start, **given: Any) -> Any:
        from textrnn.training.classifier.training import ClassifierTraining

        return ClassifierTraining(data, settings, start, **given)

    def facts_of(self, run: Run) -> dict[str, Any]:
        from textrnn.inference.classifier.loading import classifier_from_run
        from textrnn.inference.reading import measured_count

        model, config = classifier_from_run(run), run.json("config")
        facts = config["data"]
        rows = measured_count(config["validation"], "examples", facts["valid_rows"])
        labels = model.classes_
        return {
            "subject": {
                "unit": model.tokenizer.unit,
                "vocabulary": len(model.tokenizer.symbols),
                "labels": list(labels) if len(labels) <= 20 else len(labels),
                "texts": facts["rows"],
            },
            "conditions": {"protocol": "held-out", "rows": rows, "seed": model.settings.seed},
        }


def _texts(file: str, settings: TrainClassifierSettings) -> list[str]:
    """Return the texts of one file that are not empty: a text a line, or a column of a table."""
    from textrnn.data.formats import format_by_name
    from textrnn.data.texts import iter_texts

    # the column is that of tables; texts a line have none
    column = None if format_by_name(file) is None else settings.text_column
    found = iter_texts(file, text_column=column, encoding=settings.encoding, errors=settings.errors)
    texts = [text for text in found if text.strip()]
    if not texts:
        raise UserError("no text", which=f"--unlabelled {printable(file)}", mend="give texts, one a line")
    return texts


CLASSIFIERS = Classifiers()
