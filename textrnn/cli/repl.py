"""`textrnn repl`: talk to a model, at a terminal or from a script in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Collection
from secrets import randbelow
from typing import TYPE_CHECKING, Any

from textrnn import __version__
from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, open_model
from textrnn.cli.options import Given, check, command
from textrnn.cli.threads import limit_threads
from textrnn.config.classifier import ClassifySettings
from textrnn.config.generation import GenerationSettings
from textrnn.config.seq2seq import TranslateSettings
from textrnn.config.settings import flag
from textrnn.config.training import MAX_SEED, MachineSettings
from textrnn.errors import UserError
from textrnn.repl.session import NOT_HERE
from textrnn.text.display import printable

if TYPE_CHECKING:
    from textrnn.inference.load import Model as AnyModel
    from textrnn.repl.commands import Commands


@command(
    GenerationSettings,
    ClassifySettings,
    MachineSettings,
    only=["threads"],
    without=NOT_HERE,
    groups=dict.fromkeys(ClassifySettings.model_fields, "Output"),
    texts={
        "threads": "threads to compute with (default: 1)",
        "explain": "the reasons for each label (default: at a terminal)",
    },
)
def repl(given: Given, model: Model = None, runs_dir: RunsDir = RUNS_DIR) -> int:
    """Talk to a model.

    Type a text: a language model writes on, and remembers what was said; a classifier, named by --model, says the
    label and why; a tagger labels every word; an encoder-decoder writes a text for it. /set NAME VALUE changes a
    setting, /reset forgets, /? helps, Ctrl-C stops the text, Ctrl-D leaves.

    From a pipe it reads a script: one line an input, and only what the model says on stdout.

    Examples:
    textrnn repl
    textrnn repl -m my-run --temperature 0.7 --stop "."
    textrnn repl -m sentiment
    printf 'To be\\n/set temperature 0\\nTo be\\n' | textrnn repl
    """
    from textrnn.repl.script import run_script
    from textrnn.repl.terminal import run_terminal

    generation, classification, machine = check(given, GenerationSettings, ClassifySettings, MachineSettings)
    limit_threads(machine.threads)
    predictor = open_model(model, runs_dir)
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    session = _session(predictor, given, generation, classification, is_terminal)
    if not is_terminal:
        return run_script(
            session,
            sys.stdin.buffer,
            write=streams.text,
            tell=lambda text: streams.notes(text.split("\n")),
            fail=streams.error,
        )
    streams.plain(f"textrnn {__version__}: {predictor.name}. {session.greeting}; /? for help, Ctrl-D to leave.")
    return run_terminal(session, write=streams.text, tell=streams.plain, fail=streams.error)


def _session(
    predictor: AnyModel,
    given: Given,
    generation: GenerationSettings,
    classification: ClassifySettings,
    is_terminal: bool,
) -> Commands[Any]:
    from textrnn.inference.classifier.model import TextClassifier
    from textrnn.inference.forecaster.model import Forecaster
    from textrnn.inference.seq2seq.model import Translator
    from textrnn.inference.tagger.model import Tagger

    if isinstance(predictor, Forecaster):
        mend = "give its series to textrnn forecast"
        raise UserError("a forecaster, which reads numbers and no text", which=printable(predictor.name), mend=mend)
    foreign = {*GenerationSettings.model_fields, *ClassifySettings.model_fields}
    if isinstance(predictor, Translator):
        from textrnn.repl.translating import TranslatingSession

        _refuse(given, foreign, "an encoder-decoder", "model of another kind")
        return TranslatingSession(predictor, TranslateSettings(), sys.stdout)
    if isinstance(predictor, Tagger):
        from textrnn.repl.tagging import TaggingSession

        _refuse(given, foreign, "a tagger", "model of another kind")
        return TaggingSession(predictor, sys.stdout)
    if isinstance(predictor, TextClassifier):
        from textrnn.repl.labelling import LabellingSession

        _refuse(given, GenerationSettings.model_fields, "a classifier", "language model")
        if is_terminal and "explain" not in classification.given():
            classification = ClassifySettings.check({**classification.given(), "explain": True})
        return LabellingSession(predictor, classification, sys.stdout)
    from textrnn.repl.session import Session

    _refuse(given, ClassifySettings.model_fields, "a language model", "classifier")
    # the environment may hold what is meant for `generate`
    settings = generation.without(NOT_HERE)
    return Session(predictor.conversation(), settings, draw_seed=lambda: randbelow(MAX_SEED))


def _refuse(given: Given, foreign: Collection[str], kind: str, other: str) -> None:
    """Refuse settings that are not for a model of this kind."""
    names = ", ".join(flag(name) for name in given if name in foreign)
    if names:
        raise UserError(f"{names} with {kind}", which="textrnn repl", mend=f"leave out what is for a {other}")
