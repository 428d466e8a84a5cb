"""Studies: draws, replicates and arms, run into a results store."""
