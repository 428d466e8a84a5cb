"""Commands about studies: plan, batch, resume, verify."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectsim.cli.inputs import at_least_one, overrides, results_folder, set_option
from trajectsim.cli.parser import Commands, Parser
from trajectsim.cli.progress import kind_stop, progress_bar
from trajectsim.cli.run import conclude
from trajectsim.cli.say import new_console, plain, say, written

if TYPE_CHECKING:
    from trajectsim.study.batch import Outcome
    from trajectsim.study.plan import Prediction

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add plan, batch, resume and verify."""
    plan = commands.add("plan", _plan, "predict the runs, time, memory and disk of a study, and its Monte Carlo error")
    _study_arguments(plan)
    plan.add_argument("--workers", metavar="N", type=int, help="workers to predict for (default: one per processor)")
    set_option(plan)

    batch = commands.add("batch", _batch, "run a study, or a scenario, on several processes or a cluster")
    _study_arguments(batch)
    batch.add_argument("--out", metavar="DIR", help="folder for the results (default: results/<name of the study>)")
    _executor_options(batch)
    set_option(batch)

    resume = commands.add("resume", _resume, "go on with a study that was stopped, from its folder alone")
    resume.add_argument("dir", metavar="DIR", help="a folder that batch or run wrote to")
    _executor_options(resume)

    verify = commands.add("verify", _verify, "check every file of a study against its manifest")
    verify.add_argument("dir", metavar="DIR", help="a folder with results")


def _study_arguments(parser: Parser) -> None:
    parser.add_argument("config", metavar="STUDY", help="a study file (configs/study_*.yaml), or a scenario")
    for name, what in (("draws", "draws of the parameters"), ("replicates", "replicates of luck"), ("seed", "seed")):
        parser.add_argument(f"--{name}", metavar="N", help=f"{what}, in place of the file's")


def _executor_options(parser: Parser) -> None:
    parser.add_argument("--executor", metavar="KIND", default="local", help="local (processes of this machine; the "
                        "default), dask (a cluster) or serial (this process); the results are the same")  # fmt: skip
    parser.add_argument("--workers", metavar="N", type=int, help="processes to use (default: one per processor)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="address, or file, of a Dask scheduler (default: Dask "
                        "makes a cluster of this machine)")  # fmt: skip
    parser.add_argument("--shard", metavar="K/N", help="only share K of N, as in 3/20; all shares may run at the same "
                        "time into one folder")  # fmt: skip


# --- plan -------------------------------------------------------------------------------------------------------------


def _plan(args: argparse.Namespace) -> None:
    at_least_one(args.workers, "--workers", "workers")
    from trajectsim.study.executors import processors
    from trajectsim.study.plan import predict
    from trajectsim.study.work import prepare

    work = prepare(args.config, overrides(args))
    found = predict(work, args.workers or processors())
    new_console().print(_prediction(found, work.manifest, args.lang))
    seconds = plain(found.trial_seconds, args.lang)
    print(say(args.lang, "plan_note", n=found.trial_draws, size=found.trial_size, s=seconds))
    if found.parts > 20_000:
        print(say(args.lang, "plan_parts", n=found.parts))


def _prediction(found: Prediction, manifest: dict[str, Any], lang: str) -> Any:
    from rich.table import Table

    table = Table(title=say(lang, "plan_of", name=manifest["name"]), title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    rows = [
        ("points", str(found.points)), ("arms", str(found.arms)), ("draws", str(found.draws)),
        ("replicates", str(found.replicates)), ("runs", str(found.runs)), ("plan_parts_number", str(found.parts)),
        ("plan_youth_months", plain(found.youth_months / 1e6, lang)),
        ("plan_core", duration(found.core_seconds, lang)),
        ("plan_time", duration(found.seconds, lang)), ("plan_memory", plain(found.memory_megabytes / 1000, lang)),
        ("plan_disk", plain(found.megabytes / 1000, lang)), ("plan_files", str(found.files)),
    ]  # fmt: skip
    for key, text in rows:
        table.add_row(say(lang, key, workers=found.workers), text)
    titles = manifest.get("titles") or {}
    for error in found.errors:
        title = (titles.get(f"arm.{error.arm}") or {}).get(lang, error.arm)
        table.add_row(say(lang, "plan_error", arm=title), f"± {plain(error.standard_error, lang)}")
    return table


def duration(seconds: float, lang: str) -> str:
    """Return a duration in words: seconds, minutes or hours."""
    if seconds < 90:
        return say(lang, "seconds", n=max(1, round(seconds)))
    if seconds < 5400:
        return say(lang, "minutes", n=round(seconds / 60))
    return say(lang, "hours", n=plain(round(seconds / 3600, 1), lang))


# --- batch and resume -------------------------------------------------------------------------------------------------


def _batch(args: argparse.Namespace) -> int:
    at_least_one(args.workers, "--workers", "workers")
    from trajectsim.study.batch import run_batch
    from trajectsim.study.work import prepare

    given = overrides(args)
    out = Path(args.out) if args.out else None
    work = prepare(args.config, given, out)
    if out is None:
        out = Path("results") / work.name
        if (out / "manifest.json").is_file():
            work = prepare(args.config, given, out)
    return _run(args, out, lambda **options: run_batch(work, out, **options))


def _resume(args: argparse.Namespace) -> int:
    at_least_one(args.workers, "--workers", "workers")
    from trajectsim.study.batch import resume

    folder = results_folder(args.dir)
    return _run(args, folder, lambda **options: resume(folder, **options))


def _run(args: argparse.Namespace, folder: Path, do: Any) -> int:
    """Run tasks with progress, and tell what became of them; the exit code is 2 where something is left to be done."""
    from trajectsim.study.layout import parse_shard

    shard = None if args.shard is None else parse_shard(args.shard)
    try:
        with kind_stop(args.lang), progress_bar(args.lang) as progress:
            done = do(executor=args.executor, workers=args.workers, scheduler=args.scheduler, shard=shard,
                      progress=progress)  # fmt: skip
    except KeyboardInterrupt:
        if (folder / "manifest.json").is_file():
            print("\n" + say(args.lang, "batch_stopped", folder=folder), file=sys.stderr)
        raise
    return _tell(done, folder, args.lang)


def _tell(done: Outcome, folder: Path, lang: str) -> int:
    manifest = done.study.manifest
    if done.finished and manifest.get("study") is None:
        conclude(folder, lang)
    seconds = duration(done.seconds, lang)
    print(say(lang, "batch_done", done=done.done, kept=done.kept, seconds=seconds))
    if done.failed:
        print(say(lang, "batch_failed", n=done.failed))
    if done.finished:
        written(lang, folder)
        return 0
    print(say(lang, "batch_unfinished", folder=folder))
    if done.lost:
        print(say(lang, "batch_lost", n=len(done.lost), folder=folder), file=sys.stderr)
        return 2
    return 0


# --- verify -----------------------------------------------------------------------------------------------------------

MOST_TOLD = 20


def _verify(args: argparse.Namespace) -> int:
    from trajectsim.study.verify import verify

    folder = results_folder(args.dir)
    found = verify(folder)
    lang = args.lang
    print(say(lang, "verify_counts", finished=found.finished, parts=found.parts, runs=found.runs, failed=found.failed,
              rows=found.rows))  # fmt: skip
    for item in found.findings[:MOST_TOLD]:
        print(f"{folder / item.file}: {item.what}", file=sys.stderr)
    if len(found.findings) > MOST_TOLD:
        print(say(lang, "verify_more", n=len(found.findings) - MOST_TOLD), file=sys.stderr)
    if found.leftover:
        print(say(lang, "verify_leftover", n=len(found.leftover)))
    if not found.same_version:
        print(say(lang, "verify_version"))
    if found.findings:
        print(say(lang, "verify_wrong", folder=folder), file=sys.stderr)
    elif not found.whole:
        print(say(lang, "batch_unfinished", folder=folder), file=sys.stderr)
    else:
        print(say(lang, "fine", file=folder))
    return 0 if found.whole else 2
