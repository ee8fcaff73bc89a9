"""Data files inside installed packages, read without importing the package.

Importing would run code that is not needed and pull in what it depends on. Knows nothing of what the files hold.
"""

from __future__ import annotations

from importlib.machinery import ModuleSpec
from importlib.resources.abc import Traversable, TraversableResources
from importlib.util import find_spec

from textrnn.errors import UserError


def installed(package: str) -> bool:
    """Whether `package` can be found."""
    return _spec(package) is not None


def package_files(package: str, *, pip_name: str) -> Traversable:
    """Return the folder of `package`. If it is missing the error names what to give to pip install."""
    spec = _spec(package)
    find_reader = getattr(spec.loader, "get_resource_reader", None) if spec is not None else None
    reader = find_reader(package) if find_reader is not None else None
    if not isinstance(reader, TraversableResources):
        raise UserError(f"the package {package} is not installed", mend=f'pip install "{pip_name}"')
    return reader.files()


def _spec(package: str) -> ModuleSpec | None:
    try:
        return find_spec(package)
    except ValueError:
        return None
