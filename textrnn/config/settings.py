"""The base of all settings: frozen, keyword-only, checked once with every bad field reported.

In: values as they were typed (text from flags and the environment, TOML or Python values). Out: an immutable object,
or one `UserError` that names every bad field by its flag. Knows nothing of what a setting does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from copy import copy
from numbers import Integral, Real
from typing import Annotated, Any, ClassVar, Literal, Self, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from textrnn.errors import UserError

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
# more than this is no number of steps or units; what is to be endless needs no such number
MAX_COUNT = 10**15
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(s|m|h)?")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def _integer(value: object) -> object:
    # Python's own int() takes '١٢' and '1_0', and refuses 5,000 digits with a traceback
    if isinstance(value, str):
        if not _INTEGER.fullmatch(value.strip()):
            raise ValueError("not a whole number")
        return int(value)
    # numbers.Integral: NumPy's too
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError("not a whole number")
    return int(value)


def _number(value: object) -> object:
    if isinstance(value, str):
        if len(value) > 40 or not _NUMBER.fullmatch(value.strip()):
            raise ValueError("not a finite number")
        return float(value)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError("not a finite number")
    try:
        return float(value)
    except OverflowError:
        raise ValueError("not a finite number") from None


def _duration(value: object) -> object:
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if match is None or len(value) > 20:
            raise ValueError("not a duration")
        return float(match[1]) * _SECONDS[match[2]]
    return _number(value)


def _off_at(*words: object) -> BeforeValidator:
    return BeforeValidator(lambda value: None if not isinstance(value, bool) and value in words else value)


Integer = Annotated[int, BeforeValidator(_integer)]
Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Duration = Annotated[float, BeforeValidator(_duration), Field(allow_inf_nan=False)]
# inside, off is None; on the command line a number says it
ZeroIsOff = _off_at("0", "0.0", 0)
OneIsOff = _off_at("1", "1.0", 1)


def setting(default: Any, help: str, *aliases: str, expected: str, resumable: bool = False, **checks: Any) -> Any:
    """Declare one setting.

    aliases: further names of its flag. expected: what a good value is, in words. resumable: `--resume` may change it.
    """
    extra: dict[str, Any] = {"aliases": list(aliases), "expected": expected, "resumable": resumable}
    return Field(default, description=help, json_schema_extra=extra, **checks)


def with_default(kind: type[BaseModel], name: str, default: Any, description: str | None = None) -> Any:
    """Declare the setting `name` of `kind` once more, with another default, and another description if there is one."""
    again = copy(kind.model_fields[name])
    again.default, again.description = default, description or again.description
    return again


# settings whose flag is a word that Python keeps for itself
_FLAGS = {"continuation": "--continue"}


def flag(name: str) -> str:
    """Return the command line's name of the setting `name`."""
    return _FLAGS.get(name, "--" + name.replace("_", "-"))


def names_of(name: str, field: FieldInfo) -> tuple[str, ...]:
    """Return every name of a setting as it may stand in a file: its own and those of its flags, without dashes."""
    flags = (flag(name), *facts(field)["aliases"])
    return tuple(dict.fromkeys([name, *(one.lstrip("-").replace("-", "_") for one in flags)]))


def facts(field: FieldInfo) -> dict[str, Any]:
    """Return what `setting` was told beyond default and help: aliases, expected, resumable."""
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    return extra


def choices(field: FieldInfo) -> tuple[str, ...]:
    """Return the allowed words of a setting, none when it is not a choice."""
    for part in (field.annotation, *get_args(field.annotation)):
        if get_origin(part) is Literal:
            return get_args(part)
    return ()


class Settings(BaseModel):
    """Frozen settings. `check` builds them and reports user errors; the constructor is for values known to be good."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=False)

    # under which the help names the settings that a class declares
    heading: ClassVar[str]

    @classmethod
    def check(cls, values: Mapping[str, Any], *, where: Mapping[str, str] | None = None) -> Self:
        """Return the settings for `values`.

        where: for a setting's name, how its source is called in an error; by default its flag.
        Raises UserError that lists every bad value.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            found = [cls._user_error(details, where or {}) for details in error.errors(include_url=False)]
        raise UserError.join(found)

    @classmethod
    def _user_error(cls, details: ErrorDetails, where: Mapping[str, str]) -> UserError:
        if not details["loc"]:
            # a check over several settings words its own line
            return UserError(str(details["msg"]).removeprefix("Value error, "))
        name = str(details["loc"][0])
        which = where.get(name, flag(name))
        if details["type"] == "extra_forbidden":
            return UserError(f"unknown setting {name!r}", mend=did_you_mean(name, cls.model_fields))
        expected = str(facts(cls.model_fields[name])["expected"])
        shown = repr(details["input"])
        return UserError(shown if len(shown) <= 60 else shown[:57] + "...", which=which, mend=f"expected {expected}")

    def given(self) -> dict[str, Any]:
        """Return only what was set, not left to its default."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}

    def without(self, names: Collection[str]) -> Self:
        """Return the same settings with those in `names` as by default."""
        return type(self)(**{name: value for name, value in self.given().items() if name not in names})

    def replace(self, **changes: Any) -> Self:
        """Return the same settings with `changes`; what was given stays known as given."""
        return type(self)(**{**self.model_dump(include=self.model_fields_set), **changes})


def did_you_mean(word: str, known: Any) -> str:
    """Return a mend that names the nearest of the `known` words, or all of them."""
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else "known are " + ", ".join(sorted(known))
