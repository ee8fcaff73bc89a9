"""Every setting is an option, with the words of its class, and reaches it as it was typed."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from typer.main import get_command

from textrnn.cli import options
from textrnn.cli.app import app_of
from textrnn.cli.train_classifier import WITHOUT
from textrnn.config.classifier import TrainClassifierSettings
from textrnn.config.generation import GenerationSettings
from textrnn.config.language_model import EvaluateSettings, TrainLanguageModelSettings
from textrnn.config.settings import Settings, choices, facts, flag
from textrnn.config.tagger import NOT_FOR_TAGGERS, TrainTaggerSettings
from textrnn.config.training import MachineSettings
from textrnn.errors import UserError
from textrnn.repl.session import NOT_HERE

COMMANDS: Any = get_command(app_of()).commands  # type: ignore[attr-defined]
KINDS = {
    "train-lm": TrainLanguageModelSettings,
    "train-classifier": TrainClassifierSettings,
    "train-tagger": TrainTaggerSettings,
    "generate": GenerationSettings,
    "evaluate": EvaluateSettings,
    "repl": GenerationSettings,
}

# command -> the settings of its kind that it does not take
LEFT_OUT = {"repl": NOT_HERE, "train-classifier": WITHOUT, "train-tagger": NOT_FOR_TAGGERS}

# from the tables of the interface, as far as they are built
TRAIN_FLAGS = """
--budget --epochs --max-epochs --steps --max-steps --cell --model-type --rnn-type --activation --hidden-size --rnn-size
--nhid --num-layers --layers --nlayers --embed-size --emsize --head-size --layer-norm --dropout --seq-length --bptt
--block-size --batch-size -b --optimizer --lr --learning-rate --weight-decay --clip --grad-clip --scheduled-sampling
--tokenizer --unit --val-frac --valid --patience --seed --device --threads --save-every --resume --init-from --overwrite
--config --out -o --runs-dir --tied --encoding
"""
TRAIN_CLASSIFIER_FLAGS = (
    TRAIN_FLAGS.replace("--scheduled-sampling", "").replace("--tied", "")
    + """
--bidirectional --pooling --text-column --label-column --skip-bad --pretrain --unlabelled --class-weights --ngrams
--subwords --lowercase
"""
)
TRAIN_TAGGER_FLAGS = (
    TRAIN_FLAGS.replace("--scheduled-sampling", "").replace("--tied", "").replace("--tokenizer --unit", "")
    + "--bidirectional --skip-bad --subwords --shapes --lowercase --word-dropout"
)
GENERATE_FLAGS = """
--prompt -p --prime --start --length -n --max-tokens --samples -N --temperature -t --top-k --top-p --min-p --typical
--repetition-penalty --no-repeat-ngram --beam --length-penalty --stop --seed --unknown --stream --echo --model -m
--runs-dir --threads
"""


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_every_setting_is_an_option_under_each_of_its_names(name: str, kind: type[Settings]) -> None:
    by_flag = {option: parameter for parameter in COMMANDS[name].params for option in parameter.opts}
    for setting, field in kind.model_fields.items():
        if setting in LEFT_OUT.get(name, ()):
            assert flag(setting) not in by_flag
            continue
        for alias in (flag(setting), *facts(field)["aliases"]):
            assert by_flag[alias].name == setting
        if setting != "seq_length" or name == "train-lm":
            assert by_flag[flag(setting)].help == field.description


def test_names_of_options_are_unique_in_a_command() -> None:
    for command in COMMANDS.values():
        names = [name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)]
        assert len(names) == len(set(names)), command.name


def test_the_interface_has_these_flags() -> None:
    names = {
        command: {name for parameter in COMMANDS[command].params for name in parameter.opts} for command in COMMANDS
    }
    shared = {"--json", "--debug"}
    assert names["train-lm"] >= shared | set(TRAIN_FLAGS.split())
    assert names["train-classifier"] >= shared | set(TRAIN_CLASSIFIER_FLAGS.split())
    # what a classifier does not read, or reads otherwise
    assert not {"--tied", "--scheduled-sampling", "--protocol"} & names["train-classifier"]
    assert names["train-tagger"] >= shared | set(TRAIN_TAGGER_FLAGS.split())
    assert not {"--tied", "--scheduled-sampling", "--protocol", "--pooling"} & names["train-tagger"]
    assert names["tag"] >= shared | {"--file", "--model", "-m", "--runs-dir", "--threads"}
    assert names["generate"] >= shared | set(GENERATE_FLAGS.split())
    assert names["evaluate"] >= shared | {"--protocol", "--continue", "--model", "-m", "--runs-dir", "--threads"}
    assert names["evaluate"] >= {"--against", "--text-column", "--label-column", "--skip-bad"}
    assert names["repl"] >= {"--model", "-m", "--runs-dir", "--temperature", "--seed", "--threads", "--debug"}
    assert names["runs"] >= shared | {"--runs-dir"}
    assert names["data"] >= shared and names["env"] >= shared and names["demo"] >= {"--budget", "--debug"}


def test_commands_are_those_of_the_interface_and_the_reserved_ones_are_absent() -> None:
    built = "train-lm generate train-classifier classify train-tagger tag train-seq2seq translate train-forecaster"
    rest = "forecast evaluate metrics repl learn inspect summary runs env demo data"
    assert list(COMMANDS) == [*built.split(), *rest.split()]


def test_only_what_was_typed_is_handed_on_and_as_text() -> None:
    got: list[dict[str, Any]] = []

    @options.command(GenerationSettings, MachineSettings, only=["threads"])
    def probe(given: dict[str, Any], word: str = "") -> int:
        got.append({**given, "word": word})
        return 0

    one = typer.Typer()
    one.command()(probe)
    command: Any = get_command(one)
    command.main(["--top-k", "1_0", "--stop", "a", "--stop", "b", "--word", "x"], standalone_mode=False)
    assert got == [{"top_k": "1_0", "stop": ["a", "b"], "word": "x"}]


def test_booleans_have_both_names_and_are_not_given_by_default() -> None:
    tied = next(parameter for parameter in COMMANDS["train-lm"].params if parameter.name == "tied")
    assert (tied.opts, tied.secondary_opts, tied.default) == (["--tied"], ["--no-tied"], None)


def test_choices_are_completed_and_shown() -> None:
    cell = next(parameter for parameter in COMMANDS["train-lm"].params if parameter.name == "cell")
    assert cell.metavar == "rnn|lstm|gru" == "|".join(choices(TrainLanguageModelSettings.model_fields["cell"]))
    completed = cell._custom_shell_complete(None, cell, "l")
    assert [item.value for item in completed] == ["lstm"]


def test_bad_values_of_two_classes_are_reported_together() -> None:
    with pytest.raises(UserError) as caught:
        options.check({"top_k": "x", "threads": "0"}, GenerationSettings, MachineSettings)
    assert "--top-k" in str(caught.value) and "--threads" in str(caught.value)


def test_the_environment_gives_way_to_a_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTRNN_LENGTH", "7")
    assert options.check({}, GenerationSettings)[0].length == 7
    assert options.check({"length": "9"}, GenerationSettings)[0].length == 9
