"""What the sources claim to be cause and effect, row by row, and where the simulator lives each claim.

A row is *implemented* (it names where), *merged* into another row, or *left out* with the reason. Its lever switches it
off, so that its effect on a named outcome can be measured.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from trajectsim.config.load import DATA
from trajectsim.config.reader import read_mapping
from trajectsim.config.schema import Frozen, Text
from trajectsim.errors import UserError

__all__ = ["FOLDER", "ClaimRow", "Lever", "load_mechanisms"]

FOLDER = DATA / "mechanisms"
"""Where the rows are: one file per group of documents, each a mapping of row id to row."""

Reference = Annotated[str, Field(pattern=r"^(world|model|constraint|interventions|population|switch)(\.[\w]+)+$")]
Outcome = Annotated[str, Field(pattern=r"^(months\.\w+\.\w+|events\.\w+|moves\.\w+|latent\.\w+|queue\.\w+\.\w+)$")]


class Lever(Frozen):
    """How a claim is switched off: the name of a mechanism (`off`), or parameters at a neutral value (`set`)."""

    off: str | None = None
    set: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_form(self) -> Lever:
        if (self.off is None) == (not self.set):
            raise ValueError("a lever has either `off` (a mechanism) or `set` (parameters and their neutral values)")
        return self


class ClaimRow(Frozen):
    """One claim of a source in our own words.

    `where` refers to mechanisms (`world.<name>`), exits and numbers of the model (paths of the register or what they
    begin with), constraints, programmes and built-in switches. `outcome` is what should move most. A merged row is
    lived by the row `into`; a row that is left out says `why`.
    """

    claim: Text
    source: str
    locator: Annotated[str, Field(min_length=1)]
    status: Literal["implemented", "merged", "left_out"]
    where: list[Reference] = Field(default_factory=list)
    lever: Lever | None = None
    outcome: Outcome | None = None
    into: str | None = None
    why: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> ClaimRow:
        if (self.status == "merged") != (self.into is not None):
            raise ValueError("a merged row, and only a merged row, names the row it is merged `into`")
        if (self.status == "left_out") != (self.why is not None):
            raise ValueError("a row that is left out, and only such a row, says `why`")
        if self.status == "implemented" and (not self.where or self.lever is None or self.outcome is None):
            raise ValueError("an implemented row says `where`, by which `lever`, and with what `outcome`")
        return self


@cache
def load_mechanisms() -> dict[str, ClaimRow]:
    """Return all rows by id, file after file in the order of their names.

    Raises:
        UserError: a row of another form, or an id that stands in two files.
    """
    rows: dict[str, ClaimRow] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        document = read_mapping(path, f"data/mechanisms/{path.name}")
        for id_, content in document.data.items():
            if id_ in rows:
                raise UserError([document.mistake((id_,), f"the row '{id_}' stands in another file already")])
            try:
                rows[id_] = ClaimRow.model_validate(content)
            except ValueError as error:
                raise UserError([document.mistake((id_,), f"the row '{id_}': {error}")]) from error
    return rows
