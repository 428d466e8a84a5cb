"""Analysis: from tables of results to answers. Works on the results store alone, or on a declaration alone."""
