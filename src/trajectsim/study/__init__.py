"""A study: a scenario run over arms, draws and replicates, into a store of tables."""
