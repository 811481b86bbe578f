"""The commands an operator types. Each has a form for people and, with --json, one for machines on a clean stdout.

`options` holds what all share and turns errors into exit codes; `show` prints; the other modules hold the commands.
"""

from sync_worker.cli.main import main

__all__ = ["main"]
