"""One reader for every YAML file: plain Python values, and for every key the file and line it stands on.

YAML 1.2: `NO` is a text, `1e-3` a number. Duplicate keys, tabs, empty files and broken syntax are the user's mistakes
and are told with their place; nothing is guessed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trajectsim.config.parsed import kept
from trajectsim.errors import Mistake, UserError, nearest

__all__ = ["Document", "Loc", "Place", "key_of", "parse", "place_of", "read_mapping", "read_text", "read_yaml"]

_PACKAGED = Path(__file__).parents[1] / "data"

Loc = tuple[str | int, ...]
"""Where a value stands inside a document: keys and list positions, from the outside in."""

Place = tuple[str, int | None]
"""File (as the user named it) and line, counted from 1."""


@dataclass
class Document:
    """A file as read: `data` (mappings, lists, texts, numbers) and the place of every key and list item.

    What was brought in from elsewhere has its origin: the document it stands in, and where it stands there.
    """

    data: Any
    places: dict[Loc, Place] = field(default_factory=dict)
    origins: dict[Loc, tuple[Document, Loc]] = field(default_factory=dict)

    def mistake(self, loc: Loc, what: str, **fields: Any) -> Mistake:
        """Return a mistake about what stands at `loc`, with file, line and key filled in."""
        for n in range(len(loc), -1, -1):
            if loc[:n] in self.origins:
                document, start = self.origins[loc[:n]]
                return document.mistake((*start, *loc[n:]), what, **fields)
        file, line = place_of(self.places, loc)
        return Mistake(what, file=file, line=line, key=key_of(loc, self.data) or None, **fields)


def place_of(places: dict[Loc, Place], loc: Loc) -> Place:
    """Return the place of `loc`, or of the innermost part of it that stands somewhere."""
    for n in range(len(loc), -1, -1):
        if loc[:n] in places:
            return places[loc[:n]]
    return ("", None)


def key_of(loc: Loc, data: Any) -> str:
    """Return the dotted key a person reads; an item of a list goes by its `name` where it has one."""
    parts: list[str] = []
    for piece in loc:
        try:
            data = data[piece]
        except (KeyError, IndexError, TypeError):
            data = None
        named = isinstance(piece, int) and isinstance(data, dict) and isinstance(data.get("name"), str)
        parts.append(data["name"] if named else str(piece))
    return ".".join(parts)


def read_text(path: Path, shown: str) -> str:
    """Return the text of a file; one that is missing, a folder or not UTF-8 is a UserError with the nearest name."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError([_missing(path, shown)]) from None
    except IsADirectoryError:
        raise UserError.of("is a folder, not a file", file=shown, cure="name a YAML file in it") from None
    except PermissionError:
        what = "is a folder, not a file" if path.is_dir() else "may not be read by you"
        raise UserError.of(what, file=shown, cure="name a YAML file that you may read") from None
    except OSError as error:
        what = f"cannot be read: {(error.strerror or 'unknown reason').lower()}"
        raise UserError.of(what, file=f"{shown[:60]}..." if len(shown) > 63 else shown, cure="check the path") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError.of("is not written in UTF-8", file=shown, line=line, cure="save the file as UTF-8") from None
    if not text.strip():
        raise UserError.of("the file is empty", file=shown, cure="fill it, or start from a file in configs/")
    return text


def _missing(path: Path, shown: str) -> Mistake:
    folder = path.parent
    if not folder.is_dir():
        return Mistake("there is no such file: its folder does not exist", file=shown, cure="check the path")
    names = [p.name for p in folder.iterdir() if p.suffix in (".yaml", ".yml")]
    near = nearest(path.name, names)
    allowed = None if near or not names else ", ".join(sorted(names)[:12])
    return Mistake("there is no such file", file=shown, near=near, allowed=allowed, cure="check the path")


def read_yaml(path: Path, shown: str | None = None) -> Document:
    """Read one YAML file.

    Args:
        path: the file.
        shown: the name to use in messages; the path itself by default.

    Returns:
        The document; its outermost value is a mapping or a list.

    Raises:
        UserError: with every duplicate key at once, or with the first error of syntax.
    """
    name = shown or str(path)
    text = read_text(path, name)
    if not path.is_relative_to(_PACKAGED):
        return parse(text, name)

    def lines() -> tuple[Any, dict[Loc, int | None]]:
        document = parse(text, name)
        return document.data, {loc: line for loc, (_, line) in document.places.items()}

    data, places = kept(text, _PACKAGED / "__pycache__", lines)
    return Document(data, {loc: (name, line) for loc, line in places.items()})


def read_mapping(path: Path, shown: str | None = None) -> Document:
    """Read one YAML file whose outermost value must be a mapping; arguments and errors as in `read_yaml`."""
    document = read_yaml(path, shown)
    if not isinstance(document.data, dict):
        raise UserError([_no_mapping(document)])
    return document


def _no_mapping(document: Document) -> Mistake:
    return document.mistake(
        (), "the file is not a mapping of keys to values", cure="write lines of the form `key: value`"
    )


def parse(text: str, name: str) -> Document:
    """Read YAML from a text; `name` stands for the file in messages. Errors as in `read_yaml`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    _refuse_tabs(text, name)
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = "this is not readable as YAML: " + (error.problem or error.context or "syntax error")
        line = None if mark is None else mark.line + 1
        raise UserError.of(what, file=name, line=line, cure=_yaml_cure(error.problem or "")) from None
    except YAMLError as error:
        raise UserError.of(f"this is not readable as YAML: {' '.join(str(error).split())}", file=name) from None
    if root is None:
        raise UserError.of("the file holds only comments", file=name, cure="fill it, or start from a file in configs/")
    builder = _Builder(name)
    document = Document(builder.value(root, ()), builder.places)
    if builder.mistakes:
        raise UserError(builder.mistakes)
    if not isinstance(document.data, (dict, list)):
        raise UserError([_no_mapping(document)])
    return document


def _refuse_tabs(text: str, name: str) -> None:
    mistakes = []
    for number, line in enumerate(text.splitlines(), start=1):
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent and line.strip() and not line.lstrip().startswith("#"):
            mistakes.append(
                Mistake("a tab is used to indent", file=name, line=number, cure="use spaces instead of tabs")
            )
    if mistakes:
        raise UserError(mistakes[:10])


def _yaml_cure(problem: str) -> str:
    if "\\t" in problem or "tab" in problem:
        return "use spaces instead of tabs"
    if "mapping values are not allowed" in problem:
        return "check the indentation here and on the line above, and put a text that holds a colon between quotes"
    if "alias" in problem:
        return "put a text that starts with * or & between quotes"
    return "check the indentation, the colons, the brackets and the quotes here and on the line above"


class _Builder:
    """Turns composed YAML nodes into values; collects places and mistakes on the way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places: dict[Loc, Place] = {}
        self.mistakes: list[Mistake] = []
        self.open: set[int] = set()

    def value(self, node: Any, loc: Loc) -> Any:
        """Return what a node of the file holds, remembering where it and everything in it stands."""
        self.places.setdefault(loc, (self.name, node.start_mark.line + 1))
        if isinstance(node.value, str):
            return self._scalar(node, loc)
        if id(node) in self.open:
            return self._wrong(node, loc, "this alias holds itself", "write the values out")
        self.open.add(id(node))
        try:
            if node.tag.endswith(":map"):
                return self._mapping(node, loc)
            if node.tag.endswith(":seq"):
                return [self.value(item, (*loc, i)) for i, item in enumerate(node.value)]
            return self._wrong(node, loc, f"the tag {node.tag} is not known here", "leave the tag out")
        finally:
            self.open.discard(id(node))

    def _mapping(self, node: Any, loc: Loc) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node.value, str):
                self._wrong(
                    key_node, loc, "a key must be a plain word", "put a text that starts with { or [ between quotes"
                )
                continue
            if str(key_node.tag).endswith(":merge"):
                self._wrong(key_node, (*loc, "<<"), "merge keys (<<) are not read", "write the keys out")
                continue
            key = int(key_node.value) if str(key_node.tag).endswith(":int") else key_node.value
            here = (*loc, key)
            line = key_node.start_mark.line + 1
            if key in result:
                first = self.places[here][1]
                what = f"the key '{key}' stands here for the second time (first on line {first})"
                dotted = ".".join(str(piece) for piece in here)
                cure = "keep one of the two"
                self.mistakes.append(Mistake(what, file=self.name, line=line, key=dotted, cure=cure))
                continue
            self.places[here] = (self.name, line)
            result[key] = self.value(value_node, here)
            if node.flow_style and isinstance(key, int) and result[key] is None and value_node.value == "":
                self._wrong(
                    key_node, here, f"',{key}' is read as an entry of its own", "write a decimal point, not a comma"
                )
        return result

    def _scalar(self, node: Any, loc: Loc) -> Any:
        tag, text = str(node.tag).rsplit(":", 1)[-1], node.value
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        if tag == "int":
            digits = text.replace("_", "")
            return int(digits, 0) if digits.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") else int(digits)
        if tag == "float":
            number = _float(text)
            if not math.isfinite(number):
                return self._wrong(
                    node, loc, f"{text} is not a finite number", "give a finite number, or leave the key out"
                )
            return number
        if tag in ("str", "timestamp"):
            return text
        return self._wrong(node, loc, f"the tag {node.tag} is not known here", "leave the tag out")

    def _wrong(self, node: Any, loc: Loc, what: str, cure: str) -> None:
        key = ".".join(str(piece) for piece in loc)
        self.mistakes.append(Mistake(what, file=self.name, line=node.start_mark.line + 1, key=key or None, cure=cure))


def _float(text: str) -> float:
    plain = text.replace("_", "").lower()
    return float(plain.replace(".inf", "inf").replace(".nan", "nan"))
