"""``privacy redact``: personal data in text, masked or listed."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data_map.errors import UnavailableError, UsageError
from data_map.taxonomy import CATEGORIES, category
from privacy.cli.run import OutputOption, Run, command, is_special, umask

if TYPE_CHECKING:
    from privacy.redaction import Choice
    from scanners.detect.text import TextReader


class Form(StrEnum):
    """What comes out."""

    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "redact")(redact)


def redact(
    run: Run,
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="A text file; - is standard input.")] = "-",
    lines: Annotated[bool, typer.Option("--lines", help="Each line is a document of its own.")] = False,
    form: Annotated[
        Form, typer.Option("--format", help="The masked text, or where what stands, without the text.")
    ] = Form.TEXT,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--category",
            metavar="KEY",
            help="Mask these only, inside of other things too: contact.email, or contact for all of them.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="KEY", help="Leave these as they are, with whatever lies inside of them."),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", metavar="CODE", help="en, de, fr … [told from each document]")
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", metavar="CODE", help="DE, FR … whose phone numbers are tried first")
    ] = None,
    no_ner: Annotated[bool, typer.Option("--no-ner", help="Without the language model: faster, fewer names.")] = False,
    output: OutputOption = None,
) -> None:
    """Mask personal data in text: names, addresses, numbers, dates of birth, jobs, health.

    What is found is replaced by its category, <identity.name>; all else stays byte for byte. Not everything is found:
    read the result before you publish it.
    """
    from privacy.redaction import Choice, Coding

    choice = Choice(_categories(only), _categories(keep))
    reader = _reader(run, language, country, no_ner)
    if output is not None and _is_same(file, output):
        msg = f"The result would replace {output} itself. Give another file: -o masked.txt"
        raise UsageError(msg)
    with _input(file) as stream, _output(output) as write:
        beginning = stream.peek()
        _require_text(file, beginning)
        coding = Coding.of(beginning)
        texts = coding.texts(stream)
        for piece in _pieces(texts if lines else ["".join(texts)], reader, choice, coding.encode, form):
            write(piece)
    if output is not None:
        run.say(f"Written to {output}")


def _pieces(
    texts: Iterable[str], reader: TextReader, choice: Choice, encode: Callable[[str], bytes], form: Form
) -> Iterator[bytes]:
    """What is written for each document."""
    from privacy.redaction import documents

    for document in documents(texts, reader, choice):
        if form is Form.JSON:
            yield json.dumps(document.record()).encode() + b"\n"
        else:
            yield encode(document.masked())


def _reader(run: Run, language: str | None, country: str | None, no_ner: bool) -> TextReader:
    from scanners.detect.language import LANGUAGES
    from scanners.detect.ner import NameReader, installed_model
    from scanners.detect.text import TextReader

    if language is not None and language not in LANGUAGES:
        msg = f"--language {language} is not one of those that are read: {', '.join(LANGUAGES)}."
        raise UsageError(msg)
    if country is not None and not (len(country) == 2 and country.isascii() and country.isalpha()):
        msg = "--country takes a code of two letters, such as DE."
        raise UsageError(msg)
    model = None if no_ner else installed_model(run.app.config.scan.model or None)
    if model is None:
        why = "--no-ner" if no_ner else "none is installed; pip install 'privacy-inventory[en]'"
        run.say(f"Without a language model ({why}): names are found by lists of words and by what stands around them.")
    return TextReader(NameReader(model), country.upper() if country else None, language)


def _categories(keys: list[str] | None) -> tuple[str, ...]:
    """Keys of the taxonomy, or first parts of them."""
    groups = {key.partition(".")[0] for key in CATEGORIES}
    return tuple(key if key in groups else category(key).key for key in keys or ())


def _is_same(file: str, output: Path) -> bool:
    """Whether what is read and what is written are one file, by whatever names and links."""
    with suppress(OSError):
        return file != "-" and Path(file).is_file() and output.is_file() and output.samefile(file)
    return False


def _require_text(file: str, beginning: bytes) -> None:
    """Refuse what keeps its text in a form that masking does not reach: its people would stay in it, out of sight.

    Raises:
        UnavailableError: it is no plain text.
    """
    from scanners.extract.registry import ending_of, kind_of

    kind = kind_of(beginning)
    if kind == "text":
        return
    name = "Standard input" if file == "-" else file
    # The ending says more than ``zip``, but nothing where the name is that of a text.
    ending = ending_of(file)
    told = ending if kind in ("zip", "ole") and ending else kind
    msg = (
        f"{name} is no plain text but {told}, and there is no way to mask that format yet. Save it as text, and redact "
        "that. Nothing was written."
    )
    raise UnavailableError(msg)


@contextmanager
def _input(name: str) -> Iterator[BufferedReader]:
    if name == "-":
        # What replaces standard input in a test has no bytes beneath it.
        yield sys.stdin.buffer  # type: ignore[misc]
        return
    path = Path(name)
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        msg = f"There is no file at {path}."
        raise UnavailableError(msg) from None
    except IsADirectoryError:
        msg = f"{path} is a folder. Redaction reads one text; a folder is what `privacy scan` looks into."
        raise UsageError(msg) from None
    except PermissionError:
        msg = f"{path} may not be read."
        raise UnavailableError(msg) from None
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}."
        raise UnavailableError(msg) from None
    with stream:
        yield stream


@contextmanager
def _output(path: Path | None) -> Iterator[Callable[[bytes], object]]:
    """Where the result goes: standard output, piece by piece, or a file that is there whole or not at all."""
    if path is None:
        yield sys.stdout.buffer.write
        return
    try:
        if is_special(path):
            with path.open("wb") as stream:
                yield stream.write
            return
        descriptor, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}."
        raise UsageError(msg) from None
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream.write
        Path(name).chmod(0o666 & ~umask())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
