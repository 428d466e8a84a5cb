"""trajectsim: what happens to young people who get stuck, in two worlds; what it costs, who pays, and how sure we are.

The names below are loaded when they are first used; importing the package loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trajectsim.api import (
        batch,
        change,
        compare,
        decide,
        discover,
        load,
        numbers,
        open_study,
        plan,
        resume,
        run,
        scale_up,
        sensitivity,
        silos,
        triangle,
        value,
        verify,
        write_report,
        youth,
    )
    from trajectsim.config.scenario import Scenario, load_scenario
    from trajectsim.errors import Mistake, UserError
    from trajectsim.model.institutions import (
        CareProvider,
        CoachTeam,
        Employer,
        Institution,
        Municipality,
        OtherProvider,
        Programme,
        School,
    )
    from trajectsim.model.model import TrajectModel
    from trajectsim.model.views import Youth, Youths
    from trajectsim.study.store import Study

__all__ = [
    "CareProvider",
    "CoachTeam",
    "Employer",
    "Institution",
    "Mistake",
    "Municipality",
    "OtherProvider",
    "Programme",
    "Scenario",
    "School",
    "Study",
    "TrajectModel",
    "UserError",
    "Youth",
    "Youths",
    "batch",
    "change",
    "compare",
    "decide",
    "discover",
    "load",
    "load_scenario",
    "numbers",
    "open_study",
    "plan",
    "resume",
    "run",
    "scale_up",
    "sensitivity",
    "silos",
    "triangle",
    "value",
    "verify",
    "write_report",
    "youth",
]

_HOMES = {
    "trajectsim.api": (
        "batch",
        "change",
        "compare",
        "decide",
        "discover",
        "load",
        "numbers",
        "open_study",
        "plan",
        "resume",
        "run",
        "scale_up",
        "sensitivity",
        "silos",
        "triangle",
        "value",
        "verify",
        "write_report",
        "youth",
    ),
    "trajectsim.config.scenario": ("Scenario", "load_scenario"),
    "trajectsim.errors": ("Mistake", "UserError"),
    "trajectsim.model.institutions": (
        "CareProvider",
        "CoachTeam",
        "Employer",
        "Institution",
        "Municipality",
        "OtherProvider",
        "Programme",
        "School",
    ),
    "trajectsim.model.model": ("TrajectModel",),
    "trajectsim.model.views": ("Youth", "Youths"),
    "trajectsim.study.store": ("Study",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for; `__version__` is the installed version."""
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("trajectsim")
        except PackageNotFoundError:
            return "unknown"
    if name not in _HOME_OF:
        from trajectsim.errors import Mistake, nearest

        what = f"module 'trajectsim' has no attribute '{name}'"
        raise AttributeError(Mistake(what, near=nearest(name, __all__)).sentence(), name=name)
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
