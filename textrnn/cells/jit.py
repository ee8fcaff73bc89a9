"""Compiling: a function of the part of Python that numba knows becomes machine code, kept in a cache folder.

In: a function, and by their names the functions of this package that it calls. Out: the same function compiled, and
whether its code is at hand already, which is said without importing numba. Knows nothing of what the functions do.

The folder of a function's code is named after all that the code depends on: the sources and where and since when they
are there, the versions, the processor.
Several processes may write it at once: numba replaces whole files.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import os
import platform
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

# written beside the code when it stands there whole
_READY = "ready-"
# set by the user, it says where numba keeps its code, ours too
_CACHE_VARIABLE = "NUMBA_CACHE_DIR"
_PACKAGE = __name__.partition(".")[0] + "."


@cache
def has_numba() -> bool:
    """Return whether numba is installed; it is not imported for that."""
    try:
        return importlib.util.find_spec("numba") is not None
    except ValueError:
        # a module that was made unimportable has no spec
        return False


@cache
def loads_numba() -> bool:
    """Return whether numba can be used; it is imported, and refuses versions of NumPy that it does not know."""
    if not has_numba():
        return False
    try:
        importlib.import_module("numba")
    except ImportError:
        return False
    return True


_COMPILING = threading.RLock()
# a function, and another that is compiled in its place
Exchange = tuple[Callable[..., Any], Callable[..., Any]]


@cache
def jit(function: Callable[..., Any], *others: Exchange) -> Any:
    """Return `function` compiled when it is first called, its sums in the order in which they are written.

    It lets go of the interpreter's lock. Code that is at hand is loaded; new code is kept where that is possible.
    others: what is compiled in the place of functions that it calls, or that these call.
    """
    folder = code_folder(function, *others)
    if _TOLD and not any(folder.rglob("*.nbi")):
        _TOLD.pop()(f"compiling for this processor, once, a quarter of a minute or less; kept in {folder.parent}")
    # numba is told where to keep code by a setting of the whole process
    with _COMPILING, _kept_in(folder) as is_kept:
        return _linked(function, is_kept=is_kept, others=others)


# who is told, once, before code is compiled that is not at hand
_TOLD: list[Callable[[str], None]] = []


@contextlib.contextmanager
def before_compiling(tell: Callable[[str], None]) -> Iterator[None]:
    """Have `tell` called while this lasts, once, before code is compiled that is not at hand."""
    _TOLD.append(tell)
    try:
        yield
    finally:
        if tell in _TOLD:
            _TOLD.remove(tell)


# what stands in a function's place in compiled code, by functions that return it
_EMITTED: dict[Callable[..., Any], Callable[[], Any]] = {}


def emitted(emit: Callable[[], Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare that in compiled code what `emit` returns stands for the function, whose body is the definition."""

    def declared(function: Callable[..., Any]) -> Callable[..., Any]:
        _EMITTED[function] = emit
        return function

    return declared


@cache
def mark_ready(function: Callable[..., Any], variant: str = "") -> None:
    """Remember that `function`, as compiled for arguments of the types that `variant` names, is at hand from now on."""
    with contextlib.suppress(OSError):
        (code_folder(function) / (_READY + variant)).touch()


def is_ready(function: Callable[..., Any], variant: str = "") -> bool:
    """Return whether the code of `function` is at hand, so that only loading it costs time."""
    if not has_numba():
        return False
    folder = code_folder(function)
    # numba reads no code from where it could not write
    return (folder / (_READY + variant)).exists() and os.access(folder, os.W_OK)


def code_folder(function: Callable[..., Any], *others: Exchange) -> Path:
    """Return where the code of `function`, with `others` as in `jit`, is kept; the folder may be missing."""
    given = os.environ.get(_CACHE_VARIABLE)
    named = "-".join([function.__name__, *(other.__name__.strip("_") for _, other in others)])
    return (Path(given) if given else cache_folder()) / f"{named}-{_digest(function, *others)}"


def cache_folder() -> Path:
    """Return the folder of this package below the one where this platform keeps what can be made anew."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "textrnn"


def _linked(
    function: Callable[..., Any],
    *,
    is_kept: bool,
    is_inner: bool = False,
    others: tuple[Exchange, ...] = (),
) -> Any:
    """Return `function` with those of our functions that it names compiled with it, or others in their place."""
    import numba

    assert isinstance(function, FunctionType)
    places = dict(others)
    inner = {name: _inner(places.get(called, called), others) for name, called in _calls(function).items()}
    # numba keeps code under this name: what was exchanged is a part of it
    name = "_".join([function.__name__, *(other.__name__.strip("_") for _, other in others)])
    linked = FunctionType(function.__code__, {**function.__globals__, **inner}, name)
    linked.__qualname__, linked.__module__ = name, function.__module__
    options: dict[str, Any] = {
        # products and sums may be joined, which only takes a rounding away
        "fastmath": {"contract"},
        "error_model": "numpy", "nogil": True, "cache": is_kept,
        # what only compiled code calls needs no door for Python or C: each takes as long to compile as the function
        "no_cpython_wrapper": is_inner, "no_cfunc_wrapper": True,
    }  # fmt: skip
    return numba.njit(**options)(linked)


@cache
def _inner(function: Callable[..., Any], others: tuple[Exchange, ...]) -> Any:
    emit = _EMITTED.get(function)
    return _linked(function, is_kept=False, is_inner=True, others=others) if emit is None else emit()


def _calls(function: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """Return the functions of this package that `function` names, by these names."""
    assert isinstance(function, FunctionType)
    found = {name: function.__globals__.get(name) for name in function.__code__.co_names}
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, FunctionType) and value.__module__.startswith(_PACKAGE)
    }


def _sources(*functions: Callable[..., Any]) -> set[str]:
    """Return the files that compiled code depends on: of the functions, and of all that an emitting one could use."""
    found, waiting, paths = set(functions), [*functions], set()
    while waiting:
        one = waiting.pop()
        assert isinstance(one, FunctionType)
        paths.add(one.__code__.co_filename)
        if emit := _EMITTED.get(one):
            paths |= _files_behind(emit.__module__)
        new = {*_calls(one).values()} - found
        found |= new
        waiting += new
    return paths


def _files_behind(module: str) -> set[str]:
    """Return the files of this package that a module is made of: its own, and those of all that it names, and so on."""
    found, waiting = set[str](), [module]
    while waiting:
        name = waiting.pop()
        if name.startswith(_PACKAGE) and name not in found:
            found.add(name)
            named = vars(sys.modules[name]).values()
            waiting += [
                one.__name__ if isinstance(one, ModuleType) else getattr(one, "__module__", None) or "" for one in named
            ]
    return {str(sys.modules[name].__file__) for name in found}


@cache
def _digest(function: Callable[..., Any], *others: Exchange) -> str:
    found = hashlib.sha256()
    for path in sorted(_sources(function, *(other for _, other in others))):
        # numba finds code again for a file of the same place and date alone
        facts = Path(path).stat()
        found.update(f"{path}\0{facts.st_mtime_ns}\0{facts.st_size}\0".encode())
        found.update(Path(path).read_bytes())
    for fact in (sys.version, _version("numba"), _version("numpy"), platform.machine(), _processor()):
        found.update(fact.encode() + b"\0")
    return found.hexdigest()[:16]


def _version(name: str) -> str:
    # imported here: a short text asks for no version, and starts sooner without the parser of e-mails
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    """Return what the processor can do, where the system tells: code for another would not be found."""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(errors="replace").split("\n")
        return next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return platform.processor()


@contextlib.contextmanager
def _kept_in(folder: Path) -> Iterator[bool]:
    """Let numba keep in `folder` what is declared meanwhile; False where the folder cannot be written."""
    import numba

    config: Any = numba.config
    before = config.CACHE_DIR
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        yield False
        return
    config.CACHE_DIR = str(folder)
    try:
        yield True
    finally:
        config.CACHE_DIR = before
