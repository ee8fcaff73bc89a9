"""The kinds of training as the command line meets them: what sets `train-lm`, `train-classifier`, `train-tagger` apart.

In: files and checked settings. Out: data, a training, what a finished run says of itself. Prints nothing; what all
kinds have in common stands in course.py and resume.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textrnn.config.classifier import TrainClassifierSettings
from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.run import ClassifierRunSettings, RunSettings
from textrnn.config.tagger import TrainTaggerSettings
from textrnn.config.text import ReadingSettings
from textrnn.config.training import NetworkTrainingSettings
from textrnn.errors import UserError
from textrnn.text.display import printable

if TYPE_CHECKING:
    from textrnn.runs.folder import Run


class Kind(ABC):
    """What a training command needs to know of what it trains.

    default: the data that is trained on where none is named, None where it must be. data: how messages call it.
    counted: under which name a result says how much was trained on. donor: the kind of run to start from, None for any.
    use: the command that puts a run to use, RUN in the place of its folder.
    """

    command: ClassVar[str]
    task: ClassVar[str]
    default: ClassVar[str | None]
    data: ClassVar[str]
    counted: ClassVar[str]
    donor: ClassVar[str | None]
    use: ClassVar[tuple[str, ...]]
    settings: ClassVar[type[NetworkTrainingSettings]]
    run_settings: ClassVar[type[RunSettings]]

    @abstractmethod
    def built_in(self) -> Collection[str]:
        """Return the names of the built-in data of this kind."""

    @abstractmethod
    def read(self, files: Sequence[str], settings: Any) -> Any:
        """Return what `files` hold, as one."""

    @abstractmethod
    def name_of(self, data: Any) -> str:
        """Return what data is called."""

    @abstractmethod
    def import_data(self) -> None:
        """Import what `read` needs, and no torch."""

    @abstractmethod
    def import_training(self) -> None:
        """Import what `begin` needs, torch above all."""

    @abstractmethod
    def begin(self, data: Any, settings: Any, **given: Any) -> Any:
        """Return the training. given: what `Training` and its kind take by name."""

    @abstractmethod
    def facts_of(self, run: Run) -> dict[str, Any]:
        """Return what a finished run says of itself beside what all kinds do."""

    @abstractmethod
    def check(self, data: Any, valid: Any) -> None:
        """Refuse data that no training can use, as far as it can be told before torch is imported."""

    @abstractmethod
    def read_beside(self, place: Any, settings: Any) -> dict[str, Any]:
        """Return further data, under the names by which `begin` takes it."""


class LanguageModels(Kind):
    """Text to a language model."""

    command, task, default, data = "train-lm", "language-model", "shakespeare", "text"
    counted, donor = "units_seen", "language-model"
    use = ("generate", "--model", "RUN", "--prompt", "TEXT")
    settings, run_settings = TrainLanguageModelSettings, RunSettings

    def built_in(self) -> Collection[str]:
        from textrnn.data.corpora import TEXT_CORPORA

        return TEXT_CORPORA

    def read(self, files: Sequence[str], settings: TrainLanguageModelSettings) -> Any:
        from textrnn.data.corpora import resolve_text

        return resolve_text(files, **{name: getattr(settings, name) for name in ReadingSettings.model_fields})

    def name_of(self, data: Any) -> str:
        name: str = data.names[0]
        return name

    def check(self, data: Any, valid: Any) -> None:
        """How much text there is can be told once it is cut into units."""

    def read_beside(self, place: RunSettings, settings: TrainLanguageModelSettings) -> dict[str, Any]:
        return {}

    def import_data(self) -> None:
        import textrnn.data.corpora  # noqa: F401

    def import_training(self) -> None:
        import textrnn.training.language_model.training  # noqa: F401

    def begin(self, data: Any, settings: TrainLanguageModelSettings, **given: Any) -> Any:
        from textrnn.training.language_model.training import LanguageModelTraining

        return LanguageModelTraining(data, settings, **given)

    def facts_of(self, run: Run) -> dict[str, Any]:
        from textrnn.inference.language_model.loading import model_from_run

        model = model_from_run(run)
        unit, validation = model.tokenizer.unit, model.config["validation"] or {}
        return {
            "subject": {"unit": unit, "vocabulary": len(model.tokenizer.symbols)},
            "conditions": {"protocol": validation.get("protocol"), "unit": unit, "seed": model.settings.seed},
        }


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

    def begin(self, data: Any, settings: TrainClassifierSettings, **given: Any) -> Any:
        from textrnn.training.classifier.training import ClassifierTraining

        return ClassifierTraining(data, settings, **given)

    def facts_of(self, run: Run) -> dict[str, Any]:
        from textrnn.inference.classifier.loading import classifier_from_run

        model, facts = classifier_from_run(run), run.json("config")["data"]
        labels = model.classes_
        return {
            "subject": {
                "unit": model.tokenizer.unit,
                "vocabulary": len(model.tokenizer.symbols),
                "labels": list(labels) if len(labels) <= 20 else len(labels),
                "texts": facts["rows"],
            },
            "conditions": {"protocol": "held-out", "rows": facts["valid_rows"], "seed": model.settings.seed},
        }


class Taggers(Kind):
    """Tagged words to a tagger."""

    command, task, default, data = "train-tagger", "tagger", None, "data"
    counted, donor = "examples_seen", None
    use = ("tag", "--model", "RUN", "SENTENCE")
    settings, run_settings = TrainTaggerSettings, RunSettings

    def built_in(self) -> Collection[str]:
        return ()

    def read(self, files: Sequence[str], settings: TrainTaggerSettings) -> Any:
        from textrnn.data.tagged import read_tagged

        names = ("skip_bad", "encoding", "errors")
        return read_tagged(files, **{name: getattr(settings, name) for name in names})

    def name_of(self, data: Any) -> str:
        name: str = data.name
        return name

    def check(self, data: Any, valid: Any) -> None:
        from textrnn.data.tag_data import check_tagged

        check_tagged(data, is_split=valid is None)

    def read_beside(self, place: RunSettings, settings: TrainTaggerSettings) -> dict[str, Any]:
        return {}

    def import_data(self) -> None:
        import textrnn.data.tag_data
        import textrnn.data.tagged  # noqa: F401

    def import_training(self) -> None:
        import textrnn.training.tagger.training  # noqa: F401

    def begin(self, data: Any, settings: TrainTaggerSettings, **given: Any) -> Any:
        from textrnn.training.tagger.training import TaggerTraining

        return TaggerTraining(data, settings, **given)

    def facts_of(self, run: Run) -> dict[str, Any]:
        from textrnn.inference.tagger.loading import tagger_from_run

        model, facts = tagger_from_run(run), run.json("config")["data"]
        return {
            "subject": {
                "unit": model.tokenizer.unit,
                "vocabulary": len(model.tokenizer.symbols),
                "tags": list(model.tags) if len(model.tags) <= 20 else len(model.tags),
                "sentences": facts["sentences"],
            },
            "conditions": {
                "protocol": "held-out", "sentences": facts["valid_sentences"], "seed": model.settings.seed,
            },
        }  # fmt: skip


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


LANGUAGE_MODELS, CLASSIFIERS, TAGGERS = LanguageModels(), Classifiers(), Taggers()
