"""Where data comes from: the files of it, all found or refused together, what it is called, and its fingerprint.

In go paths, digests or rows. Knows nothing of what the files hold.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from textrnn.data.formats import base_name
from textrnn.errors import UserError
from textrnn.text.display import printable
from textrnn.text.sources import STANDARD_INPUT

# sources that give the data its name
_NAMED = 3
_Found = TypeVar("_Found")


def find_all(
    sources: Sequence[str | os.PathLike[str]], find: Callable[[str], _Found], *, what: str, mend: str
) -> list[tuple[str, _Found]]:
    """Return each path with what `find` finds there; raise one UserError for all that are missing.

    what, mend: how the data is called where nothing is given, and what to give.
    """
    try:
        paths = [os.fspath(source) for source in sources]
    except TypeError:
        kinds = sorted({type(source).__name__ for source in sources if not isinstance(source, str | os.PathLike)})
        raise UserError(f"no file but {' and '.join(kinds)}", which=what, mend="give the names of files") from None
    if not paths:
        raise UserError(f"no {what} given", mend=mend)
    if paths.count(STANDARD_INPUT) > 1:
        raise UserError("standard input given twice", mend="give - once")
    found: list[tuple[str, _Found]] = []
    missing = []
    for path in paths:
        try:
            found.append((path, find(path)))
        except UserError as error:
            missing.append(error)
    if missing:
        raise UserError.join(missing)
    return found


def given_twice(paths: Sequence[str]) -> list[str]:
    """Return the paths that name a file once more."""
    return [
        path for number, path in enumerate(paths) if any(_is_same(path, other) for other in paths[:number])
    ]  # fmt: skip


def name_of(sources: Sequence[str | os.PathLike[str]]) -> str:
    """Return what the data is called: the last parts of the first few paths, without their endings."""
    return "+".join(dict.fromkeys(map(_name, sources[:_NAMED])))


def digest_of(rows: Iterable[Iterable[str]]) -> bytes:
    """Return one digest of all rows, in which it is clear where a text ends."""
    found = hashlib.sha256()
    for cell in (cell for row in rows for cell in row):
        data = cell.encode("utf-8")
        found.update(b"%d:" % len(data) + data)
    return found.digest()


def sha256_of(digests: Sequence[bytes]) -> str:
    """Return the one digest, of several that of them all, in hexadecimal digits."""
    return digests[0].hex() if len(digests) == 1 else hashlib.sha256(b"".join(digests)).hexdigest()


def _name(source: str | os.PathLike[str]) -> str:
    if os.fspath(source) == STANDARD_INPUT:
        return "stdin"
    name = base_name(source)
    return printable((name if os.path.isdir(source) else os.path.splitext(name)[0]) or name)


def _is_same(path: str, other: str) -> bool:
    return path == other or (os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other))
