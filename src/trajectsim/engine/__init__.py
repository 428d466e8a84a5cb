"""The engine: youths in columns, keyed luck, and one compiled month. It knows arrays only."""
