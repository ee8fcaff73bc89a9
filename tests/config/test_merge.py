"""Flag before environment before file before default; a bad value is refused by where it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from textrnn.config.language_model import TrainLanguageModelSettings
from textrnn.config.merge import merge, read_file
from textrnn.config.run import RunSettings
from textrnn.errors import UserError

Train = TrainLanguageModelSettings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text('hidden_size = 10\nseq-length = 20\nbatch_size = 30\nbudget = "3m"\n')
    return path


def test_the_order_of_the_sources(file: Path) -> None:
    environment = {"TEXTRNN_HIDDEN_SIZE": "11", "TEXTRNN_SEQ_LENGTH": "21", "HIDDEN_SIZE": "99"}
    settings = merge(Train, {"hidden_size": "12"}, environment=environment, file=file)
    assert (settings.hidden_size, settings.seq_length, settings.batch_size, settings.num_layers) == (12, 21, 30, 1)
    assert settings.budget == 180.0
    assert set(settings.given()) == {"hidden_size", "seq_length", "batch_size", "budget"}


def test_a_run_gone_on_with_gives_way_to_everything(file: Path) -> None:
    base = {"hidden_size": 1, "seq_length": 2, "num_layers": 3}
    settings = merge(Train, {}, environment={"TEXTRNN_HIDDEN_SIZE": "11"}, file=file, base=base)
    assert (settings.hidden_size, settings.seq_length, settings.num_layers) == (11, 20, 3)


def test_an_empty_variable_is_none_at_all(file: Path) -> None:
    environment = {"TEXTRNN_HIDDEN_SIZE": "", "TEXTRNN_BUDGET": "", "TEXTRNN_CELL": ""}
    settings = merge(Train, {}, environment=environment, file=file)
    assert (settings.hidden_size, settings.budget, settings.cell) == (10, 180.0, "lstm")
    assert "cell" not in settings.given()


def test_a_bad_value_names_its_source(file: Path) -> None:
    file.write_text("hidden_size = 0\nseq_length = true\n")
    with pytest.raises(UserError) as caught:
        merge(Train, {"steps": "x"}, environment={"TEXTRNN_SEQ_LENGTH": "y", "TEXTRNN_LR": "z"}, file=file)
    line = str(caught.value)
    for part in (f"0 in hidden_size of {file}: ", "'x' in --steps: ", "'y' in TEXTRNN_SEQ_LENGTH: ", "TEXTRNN_LR"):
        assert part in line


def test_a_flag_that_mends_a_bad_source_is_enough(file: Path) -> None:
    file.write_text("hidden_size = 0\n")
    assert merge(Train, {"hidden_size": 5}, environment={"TEXTRNN_HIDDEN_SIZE": "x"}, file=file).hidden_size == 5


def test_unknown_keys_are_refused_by_line_with_the_nearest_name(file: Path) -> None:
    file.write_text("hidden_size = 3\n\n# comment\nhiden-size = 4\n[training]\nsteps = 3\n")
    with pytest.raises(UserError) as caught:
        read_file(file, Train)
    line = str(caught.value)
    assert f"unknown key 'hiden-size' in {file} line 4: did you mean 'hidden_size'?" in line
    assert f"unknown key 'training' in {file} line 5" in line


@pytest.mark.parametrize("text", ["steps = 1\nsteps = 2\n", "seq-length = 1\nseq_length = 2\n"])
def test_a_key_given_twice_is_refused(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(UserError, match=r"line 2"):
        read_file(file, Train)


@pytest.mark.parametrize("content", [b"steps = ", b"\xff\xfe", b"steps 3"])
def test_a_file_that_is_no_toml(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"TOML|UTF-8"):
        read_file(file, Train)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.toml"):
        with pytest.raises(UserError, match="cannot read"):
            read_file(path, Train)


def test_a_file_may_say_where_to_save(tmp_path: Path) -> None:
    file = tmp_path / "training.toml"
    file.write_text('out = "verse"\ninit-from = "other"\nhidden-size = 32\n')
    kinds = (RunSettings, TrainLanguageModelSettings)
    place = merge(RunSettings, {}, environment={}, file=file, beside=kinds)
    assert (place.out, place.init_from) == ("verse", "other")
    assert merge(TrainLanguageModelSettings, {}, environment={}, file=file, beside=kinds).hidden_size == 32
    # alone, neither kind knows the other's keys
    with pytest.raises(UserError, match="unknown key 'out'"):
        merge(TrainLanguageModelSettings, {}, environment={}, file=file)
