"""Compiled rules that no longer belong to the source.

Numba keeps compiled rules beside the engine's source, and looks at the time of the compiled file's own source only: a
change in an imported module of rules would go unnoticed. Caches older than the engine's newest source are thrown away.
"""

from pathlib import Path

ENGINE = Path(__file__).resolve().parents[1] / "src" / "trajectsim" / "engine"


def drop_stale_caches(folder: Path = ENGINE) -> list[Path]:
    """Delete compiled rules older than the newest source of a folder; return the indexes that went."""
    newest = max((file.stat().st_mtime for file in folder.glob("*.py")), default=0.0)
    cache = folder / "__pycache__"
    stale = [index for index in cache.glob("*.nbi") if index.stat().st_mtime < newest]
    for index in stale:
        for file in [index, *cache.glob(f"{index.stem}.*.nbc")]:
            file.unlink(missing_ok=True)
    return stale
