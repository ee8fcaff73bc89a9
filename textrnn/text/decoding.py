"""Bytes to text: the encoding found, line ends made one, and what is no text refused with its place.

In go chunks of bytes, out come pieces of text, with memory for one of them. Knows no files: `which` is only a name for
messages.
"""

from __future__ import annotations

import codecs
import difflib
import encodings.aliases
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from textrnn.errors import UserError
from textrnn.text.display import printable
from textrnn.text.notes import ReadingNotes
from textrnn.text.sources import HEAD_BYTES

_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
# UTF-32 before UTF-16, whose mark is the beginning of it.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ENCODING_MEND = "give its encoding, such as --encoding latin-1, or --errors replace"
_LF = "\n"
_NO_TEXT = ((b"\x28\xb5\x2f\xfd", "zstd data"), (b"PK\x03\x04", "a zip archive"), (b"%PDF-", "a PDF document"))


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """How bytes are to be read. `encoding` None: what the byte-order mark says, else UTF-8."""

    encoding: str | None = None
    errors: str = "strict"
    keep_line_ends: bool = False
    allow_binary: bool = False
    max_bytes: int | None = None
    binary_mend: str = "give a text file, or --allow-binary if that is meant"

    def check(self) -> None:
        """Refuse an encoding or a way with errors that does not exist."""
        if self.errors not in ("strict", "replace", "ignore"):
            raise UserError(f"unknown --errors {printable(self.errors)}", mend="choose one of strict, replace, ignore")
        if self.encoding is not None and not _is_encoding(self.encoding):
            names = {*encodings.aliases.aliases, *encodings.aliases.aliases.values()}
            known = [name.replace("_", "-") for name in names if _is_encoding(name)]
            near = difflib.get_close_matches(self.encoding.lower(), sorted(known), n=1)
            mend = f"did you mean {near[0]}?" if near else "give one such as utf-8, utf-16 or latin-1"
            raise UserError(f"unknown --encoding {printable(self.encoding)}", mend=mend)


def _is_encoding(name: str) -> bool:
    """Whether Python itself has this text encoding; packages exist that register a codec for every name there is."""
    try:
        if encodings.search_function(name.lower().replace(" ", "_")) is None:
            return False
        b" ".decode(name)
    except UnicodeError:
        return True
    except (LookupError, ValueError):
        return False
    return True


class BinaryFileError(UserError):
    """What was to be read is no text, and nothing of it was read; in a folder such files are passed over."""


def decode(
    chunks: Iterator[bytes], which: str, options: ReadingOptions, notes: ReadingNotes, *, is_arriving: bool = False
) -> Iterator[str]:
    """Yield the text of `chunks`, of which the first holds the first HEAD_BYTES if there are so many.

    What precedes a place that is no text is yielded before that is refused. is_arriving: the lines before it are used
    one by one, so that a NUL on a later line does not make all of it binary.
    """
    head = next(chunks, b"")
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if options.encoding is None and marked is None and not options.allow_binary:
        _refuse_binary(head[:HEAD_BYTES], which, options.binary_mend, is_arriving=is_arriving)
    encoding = options.encoding or marked or "utf-8"
    decoder, line_ends = _Decoder(encoding, options.errors, which), _LineEnds(keep=options.keep_line_ends)
    characters = 0
    for chunk in chain((head,), chunks, (None,)):
        text, invalid = decoder.feed(chunk)
        text = line_ends.feed(text)
        if characters == 0 and text.startswith(_MARK):
            text = text[1:]
            said = f"decoded as {marked}, as its" if encoding == marked != "utf-8" else "stripped the"
            notes.add(f"{said} byte-order mark" + (" says" if "decoded" in said else ""), which)
        if "\0" in text and not options.allow_binary:
            before, _, after = text.partition("\0")
            place = f"NUL at character {characters + len(before):,}, line {line_ends.seen - after.count(_LF) + 1:,}"
            if characters == 0 and not (is_arriving and _LF in before):
                raise BinaryFileError(place, which=which, mend=options.binary_mend)
            if before:
                yield before
            raise UserError(place, which=which, mend=options.binary_mend)
        characters += len(text)
        if text:
            yield text
        if invalid is not None:
            raise decoder.refusal(invalid, line_ends.seen + 1)
    decoder.tell(notes)
    line_ends.tell(notes, which)


class _Decoder:
    """An incremental decoder that knows where it is."""

    def __init__(self, encoding: str, errors: str, which: str) -> None:
        make = codecs.getincrementaldecoder(encoding)
        self._encoding, self._errors, self._which = encoding, errors, which
        self._decoder = make(errors)
        # What it leaves out against what the other writes U+FFFD for is the number of places that did not decode.
        self._others = [] if errors == "strict" else [make("ignore"), make("replace")]
        self._fed = self._invalid = 0

    def feed(self, chunk: bytes | None) -> tuple[str, UnicodeDecodeError | None]:
        """Return the text of the next chunk, None being the end, as far as it is any, and what it then meets."""
        data = chunk or b""
        self._fed += len(data)
        before = self._decoder.getstate()
        try:
            text = self._decoder.decode(data, final=chunk is None)
            lenient = [other.decode(data, final=chunk is None) for other in self._others]
        except UnicodeDecodeError as error:
            # the decoder's object is what it still held of the last chunk, followed by this one
            valid = error.start - (len(error.object) - len(data))
            self._decoder.setstate(before)
            return self._decoder.decode(data[:valid]) if valid > 0 else "", error
        except UnicodeError as error:
            raise UserError(f"no {self._encoding} text ({error})", which=self._which, mend=_ENCODING_MEND) from None
        if lenient:
            ignored, replaced = (other.count("\N{REPLACEMENT CHARACTER}") for other in lenient)
            self._invalid += replaced - ignored
        return text, None

    def tell(self, notes: ReadingNotes) -> None:
        """Note how many places did not decode."""
        if self._invalid:
            done = "replaced by U+FFFD" if self._errors == "replace" else "left out"
            notes.add(f"invalid {self._encoding} {done}", self._which, self._invalid)

    def refusal(self, error: UnicodeDecodeError, line: int) -> UserError:
        """Return what is said of bytes on a line that are no text."""
        offset = self._fed - len(error.object) + error.start
        found = error.object[error.start : error.end].hex(" ")
        what = f"invalid {self._encoding} (byte {found} at offset {offset}, line {line})"
        return UserError(what, which=self._which, mend=_ENCODING_MEND)


class _LineEnds:
    """Reads CR LF and CR as LF, and counts them."""

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self._after_single = False
        self._pairs = self._singles = self.seen = 0

    def feed(self, text: str) -> str:
        """Return `text` with its line ends made LF. A CR at its end is one at once, and the LF after it is none."""
        if not self._keep and text:
            if self._after_single and text[0] == "\n":
                text = text[1:]
                self._singles, self._pairs = self._singles - 1, self._pairs + 1
            self._after_single = text.endswith("\r")
            if "\r" in text:
                pairs = text.count("\r\n")
                self._pairs += pairs
                self._singles += text.count("\r") - pairs
                text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.seen += text.count("\n")
        return text

    def tell(self, notes: ReadingNotes, which: str) -> None:
        """Note what was changed."""
        if self._pairs:
            notes.add("CR LF line ends read as LF", which, self._pairs)
        if self._singles:
            notes.add("CR line ends read as LF", which, self._singles)


def _refuse_binary(head: bytes, which: str, mend: str, *, is_arriving: bool) -> None:
    kind = next((kind for mark, kind in _NO_TEXT if head.startswith(mark)), None)
    if kind is not None:
        raise BinaryFileError(f"{kind} is no text", which=which, mend="take the text out of it and give that")
    nul = head.count(b"\0")
    if not nul:
        return
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        # ASCII in UTF-16 has a NUL in every pair of bytes, always on the same side.
        if nul == head[start::2].count(b"\0") and nul > len(head) // 4:
            mend = f"if it is UTF-16 without a byte-order mark, give --encoding {encoding}"
            break
    else:
        if is_arriving and b"\n" in head[: head.index(b"\0")]:
            return
    raise BinaryFileError(f"looks binary: {nul:,} NUL in the first {len(head):,} bytes", which=which, mend=mend)
