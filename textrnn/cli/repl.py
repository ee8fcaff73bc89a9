"""`textrnn repl`: talk to a language model, at a terminal or from a script in a pipe."""

from __future__ import annotations

import sys
from secrets import randbelow

from textrnn import __version__
from textrnn.cli import streams
from textrnn.cli.choosing import RUNS_DIR, Model, RunsDir, open_language_model
from textrnn.cli.options import Given, check, command
from textrnn.cli.threads import limit_threads
from textrnn.config.generation import GenerationSettings
from textrnn.config.training import MAX_SEED, MachineSettings
from textrnn.repl.session import NOT_HERE


@command(
    GenerationSettings,
    MachineSettings,
    only=["threads"],
    without=NOT_HERE,
    texts={"threads": "threads to compute with (default: 1)"},
)
def repl(given: Given, model: Model = None, runs_dir: RunsDir = RUNS_DIR) -> int:
    """Talk to a model.

    Type a text, and it writes on; it remembers what was said. /set NAME VALUE changes a setting, /reset forgets,
    /? helps, Ctrl-C stops the text, Ctrl-D leaves.

    From a pipe it reads a script: one line an input, and only the model's text on stdout.

    Examples:
    textrnn repl
    textrnn repl -m my-run --temperature 0.7 --stop "."
    printf 'To be\\n/set temperature 0\\nTo be\\n' | textrnn repl
    """
    from textrnn.repl.script import run_script
    from textrnn.repl.session import Session
    from textrnn.repl.terminal import run_terminal

    settings, machine = check(given, GenerationSettings, MachineSettings)
    # the environment may hold what is meant for `generate`
    settings = settings.without(NOT_HERE)
    limit_threads(machine.threads)
    language_model = open_language_model(model, runs_dir)
    session = Session(language_model.conversation(), settings, draw_seed=lambda: randbelow(MAX_SEED))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return run_script(
            session,
            sys.stdin.buffer,
            write=streams.text,
            tell=lambda text: streams.notes(text.split("\n")),
            fail=streams.error,
        )
    streams.plain(
        f"textrnn {__version__}: {language_model.name}. Type a text, and it writes on; /? for help, Ctrl-D to leave."
    )
    return run_terminal(session, write=streams.text, tell=streams.plain, fail=streams.error)
