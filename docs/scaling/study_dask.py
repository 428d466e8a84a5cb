"""Run a study on workers that SLURM starts: python study_dask.py STUDY DIR --jobs 10 --processes 16.

The script itself may run on a login node: it only hands out tasks. Jobs that end are replaced while there is work.
"""

import argparse
import subprocess
import sys

from dask_jobqueue import SLURMCluster


def main() -> int:
    """Start workers, give `trajectsim batch` their scheduler, and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", help="a study file")
    parser.add_argument("folder", help="folder for the results, best on a file system that all nodes share")
    parser.add_argument("--jobs", type=int, default=10, help="how many jobs SLURM is asked for")
    parser.add_argument("--processes", type=int, default=16, help="processes of one job, one per processor")
    parser.add_argument("--memory", default="16GB", help="memory of one job")
    parser.add_argument("--queue", help="partition")
    parser.add_argument("--walltime", default="04:00:00", help="how long a job may last")
    args = parser.parse_args()
    with SLURMCluster(
        queue=args.queue, cores=args.processes, processes=args.processes, memory=args.memory, walltime=args.walltime
    ) as cluster:
        cluster.adapt(minimum_jobs=1, maximum_jobs=args.jobs)
        command = ["trajectsim", "batch", args.study, "--out", args.folder, "--executor", "dask"]
        return subprocess.run([*command, "--scheduler", cluster.scheduler_address], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
