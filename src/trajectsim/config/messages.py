"""Turn pydantic's errors into mistakes a person can mend: place, what was given, what is allowed, the nearest key.

One mistake gives one message: the branches of a union are collapsed, and a key that is missing only because it was
misspelt is not told twice.
"""

from __future__ import annotations

import re
import types
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from trajectsim.config.reader import Document, Loc
from trajectsim.errors import Mistake, UserError, nearest

__all__ = ["allowed_keys", "described", "validated"]

Model = TypeVar("Model", bound=BaseModel)

PARAMETER_FORM = "a parameter (value, unit, source, locator, grade) or {use: name of a parameter}"


def validated(model: type[Model], document: Document) -> Model:
    """Check a document against its form and return it as a frozen object.

    Raises:
        UserError: every mistake in the document, in the order of the lines.
    """
    mistakes = list(_wrong_booleans(model, document, (), document.data))
    result = None
    try:
        result = model.model_validate(document.data)
    except ValidationError as error:
        mistakes += _translated(error, model, document)
    if mistakes or result is None:
        raise UserError(sorted(mistakes, key=lambda m: (m.file or "", m.line or 0)))
    return result


def described(value: Any) -> str:
    """Return a value as the user would recognise it."""
    if value is None:
        return "nothing (an empty value)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text '{value if len(value) <= 40 else value[:37] + '...'}'"
    if isinstance(value, Mapping):
        return "a mapping of keys"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"the number {value:g}" if isinstance(value, float) else f"the number {value}"


# --- the declared form at a place -------------------------------------------------------------------------------------


def _options(annotation: Any) -> list[Any]:
    """Return the plain types an annotation stands for, unions and constraints taken apart."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _options(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [option for part in get_args(annotation) for option in _options(part)]
    return [annotation]


def _is_model(option: Any) -> bool:
    return isinstance(option, type) and issubclass(option, BaseModel)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {info.alias or name: info.annotation for name, info in model.model_fields.items()}


def _inside(options: list[Any], piece: str | int) -> list[Any]:
    """Return the types allowed for one key or item of a value of the given types."""
    found: list[Any] = []
    for option in options:
        if _is_model(option):
            fields = _fields(option)
            if piece in fields:
                found += _options(fields[str(piece)])
        elif get_origin(option) is dict:
            found += _options(get_args(option)[1])
        elif get_origin(option) is list:
            found += _options(get_args(option)[0])
        elif get_origin(option) is tuple and isinstance(piece, int):
            found += _options(get_args(option)[min(piece, len(get_args(option)) - 1)])
    return found


def allowed_keys(model: type[BaseModel], loc: Loc, value: Any = None) -> list[str]:
    """Return the keys a mapping at `loc` may have; of several forms, the one most like `value`."""
    options: list[Any] = [model]
    for piece in loc:
        options = _inside(options, piece)
    forms = [list(_fields(option)) for option in options if _is_model(option)]
    given = set(value) if isinstance(value, Mapping) else set()
    return max(forms, key=lambda keys: _likeness(given, keys), default=[])


def _likeness(given: set[Any], keys: list[str]) -> float:
    """Return how much the given keys look like these: hits count 1, near hits a half, everything else against."""
    hits = sum(1.0 if key in keys else 0.5 if nearest(str(key), keys) else -0.25 for key in given)
    return hits - 0.01 * len(keys)


def _wrong_booleans(model: type[BaseModel], document: Document, loc: Loc, value: Any) -> Iterator[Mistake]:
    """Find true and false where a number is asked: pydantic would read them as 1 and 0."""
    if isinstance(value, bool):
        options: list[Any] = [model]
        for piece in loc:
            options = _inside(options, piece)
        if options and bool not in options and (float in options or int in options):
            yield document.mistake(loc, f"{described(value)} is given where a number is needed", cure="write a number")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _wrong_booleans(model, document, (*loc, key), item)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _wrong_booleans(model, document, (*loc, i), item)


# --- one error --------------------------------------------------------------------------------------------------------


def _translated(error: ValidationError, model: type[BaseModel], document: Document) -> list[Mistake]:
    plain: list[tuple[Loc, Any]] = []
    branches: dict[Loc, dict[str, list[tuple[Loc, Any]]]] = defaultdict(lambda: defaultdict(list))
    for item in error.errors(include_url=False):
        loc, union, label = _placed(item["loc"], document.data)
        if union is None:
            plain.append((loc, item))
        else:
            branches[union][label].append((loc, item))
    mistakes: list[Mistake] = []
    for union, by_label in branches.items():
        value = _at(document.data, union)
        chosen = _branch(by_label, value)
        if chosen is None:
            mistakes.append(_not_any(document, union, value, list(by_label)))
        else:
            plain += by_label[chosen]
    return mistakes + _without_echoes(plain, model, document)


def _placed(loc: tuple[Any, ...], data: Any) -> tuple[Loc, Loc | None, str]:
    """Split pydantic's location into the path in the file and, where a union was tried, its place and the branch."""
    path: list[str | int] = []
    union: Loc | None = None
    label = ""
    for n, piece in enumerate(loc):
        last = n == len(loc) - 1
        if (
            (isinstance(data, dict)
            and piece in data)
            or (isinstance(data, list)
            and isinstance(piece, int)
            and piece < len(data))
        ):
            data = data[piece]
            path.append(piece)
        elif last and not _is_label(piece):
            path.append(piece)
        elif _is_label(piece) and union is None and piece != "[key]":
            union, label = tuple(path), str(piece)
    return tuple(path), union, label


def _is_label(piece: Any) -> bool:
    return isinstance(piece, str) and (piece in ("float", "int", "str", "[key]") or piece[:1].isupper() or "[" in piece)


def _at(data: Any, loc: Loc) -> Any:
    for piece in loc:
        try:
            data = data[piece]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _branch(by_label: dict[str, list[tuple[Loc, Any]]], value: Any) -> str | None:
    """Return the branch of a union that the value was meant for, or None where it fits no form at all."""
    if not isinstance(value, Mapping):
        return None
    use = next((label for label in by_label if label == "Use"), None)
    parameter = next((label for label in by_label if "Parameter" in label), None)
    if use and (parameter is None or "use" in value or (len(value) == 1 and nearest(str(next(iter(value))), ["use"]))):
        return use
    return parameter


def _not_any(document: Document, loc: Loc, value: Any, labels: list[str]) -> Mistake:
    number = "float" in labels
    needed = f"a number, {PARAMETER_FORM}" if number else PARAMETER_FORM
    if isinstance(value, str) and _decimal_comma(value):
        return document.mistake(
            loc, f"'{value}' is written with a decimal comma", allowed=needed, cure=_comma_cure(value)
        )
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        what = f"the bare number {value:g} has no unit, source or grade"
        return document.mistake(loc, what, allowed=needed, cure="give value, unit, source, locator and grade")
    return document.mistake(loc, f"{described(value)} is given where a parameter is needed", allowed=needed)


def _without_echoes(errors: list[tuple[Loc, Any]], model: type[BaseModel], document: Document) -> list[Mistake]:
    """Translate errors; a missing key is left out where an unknown key beside it is that key misspelt."""
    missing = {loc for loc, item in errors if item["type"] == "missing"}
    explained: set[Loc] = set()
    mistakes: list[Mistake] = []
    for loc, item in errors:
        if item["type"] != "extra_forbidden":
            continue
        parent = loc[:-1]
        keys = allowed_keys(model, parent, _at(document.data, parent))
        absent = [str(other[-1]) for other in missing if other[:-1] == parent]
        near = nearest(str(loc[-1]), absent) or nearest(str(loc[-1]), keys)
        if near in absent:
            explained.add((*parent, near))
        allowed = None if near else ", ".join(keys)
        mistakes.append(document.mistake(loc, f"'{loc[-1]}' is not a key here", near=near, allowed=allowed))
    for loc, item in errors:
        if item["type"] != "extra_forbidden" and loc not in explained:
            mistakes.append(_one(loc, item, document))
    return mistakes


def _one(loc: Loc, item: Any, document: Document) -> Mistake:
    """Translate one error that is neither an unknown key nor a branch of a union."""
    kind, value, ctx = item["type"], item["input"], item.get("ctx", {})
    if kind == "missing" and isinstance(loc[-1], int):
        return document.mistake(
            loc[:-1], f"the list has {loc[-1]} entries, too few", allowed="at least " + str(loc[-1] + 1)
        )
    if kind == "missing":
        return document.mistake(loc, f"'{loc[-1]}' is missing", cure=f"add the key {loc[-1]}")
    if kind == "string_pattern_mismatch":
        return _pattern(loc, value, ctx, document)
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", ctx["expected"])
        near = nearest(str(value), choices)
        return document.mistake(
            loc, f"{described(value)} is not one of the choices", near=near, allowed=", ".join(choices)
        )
    if kind in ("value_error", "assertion_error"):
        return _own_rule(loc, item["msg"].removeprefix("Value error, "), value, document)
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return document.mistake(loc, f"{described(value)} is out of range", allowed=f"{words} {ctx[key]:g}")
    if kind in ("too_short", "too_long"):
        words = f"at least {ctx.get('min_length')}" if kind == "too_short" else f"at most {ctx.get('max_length')}"
        return document.mistake(loc, f"{ctx.get('actual_length')} entries are given", allowed=f"{words} entries")
    if isinstance(value, str) and kind.startswith(("float", "int")) and _decimal_comma(value):
        return document.mistake(
            loc, f"'{value}' is written with a decimal comma", allowed="a number", cure=_comma_cure(value)
        )
    needed = next((words for start, words in _NEEDED if kind.startswith(start)), None)
    if ctx.get("class_name") == "_States":
        needed = "a state, a list of states or {not: [states]}"
    if needed:
        return document.mistake(loc, f"{described(value)} is given where {needed} is needed")
    return document.mistake(loc, f"{described(value)} does not fit: {item['msg'][0].lower()}{item['msg'][1:]}")


_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}
_NEEDED = (
    ("int_from_float", "a whole number"),
    ("int", "a whole number"),
    ("float", "a number"),
    ("bool", "true or false"),
    ("string", "a text"),
    ("list", "a list"),
    ("tuple", "a list"),
    ("dict", "a mapping of keys"),
    ("model", "a mapping of keys"),
    ("finite", "a finite number"),
)


def _pattern(loc: Loc, value: Any, ctx: Any, document: Document) -> Mistake:
    if "4}-" in ctx.get("pattern", ""):
        return document.mistake(loc, f"'{value}' is not a month", allowed="year-month, for example 2024-09")
    proper = re.sub(r"[^a-z0-9_]+", "_", str(value).lower()).strip("_")
    near = proper if re.fullmatch(r"[a-z][a-z0-9_]*", proper) else None
    return document.mistake(
        loc,
        f"'{value}' cannot be a name here",
        near=near,
        allowed="small letters, digits and _, beginning with a letter",
    )


def _own_rule(loc: Loc, message: str, value: Any, document: Document) -> Mistake:
    """Translate a rule of the form itself; a rule about one key inside the mapping is placed at that key."""
    first = [word.strip("`'") for word in message.split(" ")[:2]]
    if isinstance(value, Mapping):
        inner = value.get("distribution")
        for word in first:
            if word in value:
                loc = (*loc, word)
                break
            if isinstance(inner, Mapping) and word in inner:
                loc = (*loc, "distribution", word)
                break
    what, _, allowed = message.partition(": it must lie ")
    return document.mistake(loc, what, allowed=allowed or None)


def _decimal_comma(text: str) -> bool:
    return re.fullmatch(r"[+-]?[\d.]*\d,\d+(e[+-]?\d+)?", text.strip(), re.IGNORECASE) is not None


def _comma_cure(text: str) -> str:
    whole, _, rest = text.strip().rpartition(",")
    return f"write {whole.replace('.', '')}.{rest}"
