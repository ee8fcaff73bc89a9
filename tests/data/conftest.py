"""What the tests of labelled data share: a file with some content, and how a reading of it is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from textrnn.data.labelled import read_labelled
from textrnn.errors import UserError


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str | bytes], str]:
    """Write a file into the folder of the test, which is the current one, and return its name."""
    monkeypatch.chdir(tmp_path)

    def put(name: str, content: str | bytes) -> str:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return name

    return put


@pytest.fixture
def refusal() -> Callable[..., str]:
    """Read labelled texts that must be refused, and return the line that says so."""

    def refusal(*names: str, **options: object) -> str:
        with pytest.raises(UserError) as caught:
            read_labelled(list(names), **options)  # type: ignore[arg-type]
        assert "\n" not in str(caught.value)
        assert caught.value.exit_code == 2
        return str(caught.value)

    return refusal
