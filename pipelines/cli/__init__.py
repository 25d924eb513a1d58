"""The command line: `encaisse`. Help worth reading, exit codes that a script can rely on."""

from pipelines.cli.commands import main

__all__ = ["main"]
