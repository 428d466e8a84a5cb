"""A scenario as plain data and back: what a worker needs to live it without the files it came from."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from trajectsim.config.scenario import Scenario, content_hash
from trajectsim.errors import UserError

__all__ = ["freeze", "thaw"]


@cache
def _adapter() -> TypeAdapter[Scenario]:
    return TypeAdapter(Scenario)


def freeze(scenario: Scenario) -> dict[str, Any]:
    """Return everything of a scenario but the texts of its files and its number of draws, as values for JSON."""
    spec = scenario.spec.model_copy(update={"draws": 1})  # a study may get more
    bare = replace(scenario, spec=spec, documents={}, provenance={}, path=Path(scenario.path.name))
    plain: dict[str, Any] = _adapter().dump_python(bare, mode="json", by_alias=True)
    return plain


def thaw(frozen: dict[str, Any], expected: str | None = None) -> Scenario:
    """Return the scenario that was frozen.

    Args:
        frozen: what `freeze` returned.
        expected: its content hash or the beginning of it, to be sure that nothing was lost or changed.

    Raises:
        UserError: it cannot be read, or is not what it was.
    """
    cure = "restore the folder from a copy, or run the study again into another one"
    try:
        scenario = _adapter().validate_python(frozen)
    except ValidationError as error:
        what = f"the scenario kept with the results cannot be read: {str(error).splitlines()[0]}"
        raise UserError.of(what, cure=cure) from None
    if expected is not None and not content_hash(scenario).startswith(expected):
        raise UserError.of("the scenario kept with the results is not the one that was run", cure=cure)
    return scenario
