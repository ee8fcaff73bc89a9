"""A session with a tagger: the tags of a sentence, and the same session read from a pipe."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from textrnn.errors import UserError
from textrnn.inference.tagger.model import Tagger
from textrnn.repl.script import run_script
from textrnn.repl.tagging import TaggingSession


def test_every_line_is_tagged_and_settings_there_are_none(make_tagger: Callable[..., Tagger]) -> None:
    model, stream, told, failed = make_tagger(), io.StringIO(), list[str](), list[str]()
    session = TaggingSession(model, stream)
    script = io.BytesIO(b"Anna flew to Oslo.\n/help\n\n//x\n")
    code = run_script(session, script, write=stream.write, tell=told.append, fail=failed.append)
    expected = "".join(one.to_conll() for one in model.tag(["Anna flew to Oslo.", "", "/x"]))
    assert stream.getvalue() == expected and not code and not failed
    assert any("the tag of every word" in text for text in told)
    with pytest.raises(UserError, match="unknown setting"):
        session.answer("/set k 1")
