"""The report: what a run found, for people to read, made from the results store alone."""
