"""The engine: arrays in, counts out; it has never heard of Nijkerk."""
