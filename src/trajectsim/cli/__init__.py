"""The commands of `trajectsim`, one module per group; nothing heavy is imported before a command needs it."""

from trajectsim.cli.program import main

__all__ = ["main"]
