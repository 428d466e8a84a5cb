"""Parameters with value, distribution, unit, source, locator and grade: their paths, draws and records."""
