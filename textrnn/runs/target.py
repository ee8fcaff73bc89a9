"""May a training write here? The checks of a folder that a run is to go to, before anything is written.

Knows names and manifests, not what a run holds.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import unicodedata
from pathlib import Path

from textrnn.errors import TextrnnError, UserError, WorldError
from textrnn.runs import lock
from textrnn.runs.layout import LOCK, MANIFEST, METRICS, is_ours
from textrnn.runs.manifest import NotARunError, read_manifest
from textrnn.text.display import printable

_WORLD = {errno.ENOSPC, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}


def check_available(folder: str | os.PathLike[str], *, overwrite: bool = False, resume: bool = False) -> None:
    """Refuse what `check_target` refuses, and a folder that cannot be written to or that another training writes to.

    Leaves everything as it is.
    """
    check_target(folder, overwrite=overwrite, resume=resume)
    check_writable(folder)
    lock.check_free(Path(folder) / LOCK)


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Refuse a folder in which nothing can be made, by making a file without a name there or where it is to be made."""
    place = Path(os.path.realpath(folder))
    while not os.path.lexists(place):
        place = place.parent
    try:
        tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        raise not_writable(error, Path(folder)) from None


def check_target(folder: str | os.PathLike[str], *, overwrite: bool = False, resume: bool = False) -> None:
    """Refuse a folder that a run cannot be written to: an existing run (unless asked for), or a folder of other things.

    Reads only. A folder that does not exist or is empty will do; so will what a crash before the first commit has left.
    """
    folder = Path(folder)
    which = printable(folder)
    check_no_nul(folder)
    if folder.name == MANIFEST:
        mend = f"give the run's folder, {printable(folder.parent)}"
        raise UserError("the name of a file in a run where a run folder is to be", which=which, mend=mend)
    if not os.path.exists(folder):
        _check_name(folder)
        return
    if not os.path.isdir(folder):
        raise UserError("a file where a run folder is to be", which=which, mend="give another --out")
    try:
        names = os.listdir(folder)
    except OSError as error:
        raise not_writable(error, folder) from None
    if METRICS in names and not stat.S_ISREG((folder / METRICS).lstat().st_mode):
        raise UserError("not a regular file", which=printable(folder / METRICS), mend="give another --out")
    if MANIFEST in names:
        _check_run(folder, overwrite, resume)
        return
    visible = [name for name in names if not name.startswith(".")]
    # Only the lock proves that files with names like ours come from a training that ended before its first commit.
    foreign = [name for name in visible if LOCK not in names or not is_ours(name)]
    if foreign:
        what = f"other files and no run ({printable(min(foreign))})"
        raise UserError(what, which=which, mend="give the run a folder of its own with --out")


def check_no_nul(folder: Path) -> None:
    """Refuse a name that no system takes."""
    if "\0" in str(folder):
        raise UserError("no file has a NUL in its name", which=printable(folder), mend="leave it out")


def _check_name(folder: Path) -> None:
    """Refuse a name that no line can tell: a run is named in the command that runs it, and in its card."""
    if any(unicodedata.category(character) == "Cc" for character in folder.name):
        mend = "give another --out, without line breaks and other control characters"
        raise UserError("a name with control characters", which=printable(folder), mend=mend)


def not_writable(error: OSError, folder: Path) -> TextrnnError:
    """Return the report of a folder that could not be written to before the first commit."""
    what = f"cannot write ({error.strerror or error})"
    if error.errno in _WORLD:
        return WorldError(what, which=printable(folder), mend="make room on the disk")
    return UserError(what, which=printable(folder), mend="give a folder that you may write to with --out")


def _check_run(folder: Path, overwrite: bool, resume: bool) -> None:
    if not overwrite and not resume:
        mend = "give --resume to go on with it, --overwrite to replace it, or another --out"
        raise UserError("a run is there already", which=printable(folder), mend=mend)
    try:
        read_manifest(folder)
    except NotARunError:
        raise
    except UserError:
        # A damaged run may be replaced; nobody can go on from it.
        if resume:
            raise
