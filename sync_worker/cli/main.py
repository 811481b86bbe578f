"""The root of all commands."""

from __future__ import annotations

from pathlib import Path

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file; default SYNC_CONFIG or config/sync_worker.toml.",
)
@click.version_option(package_name="sync-worker")
def main(config: Path | None) -> None:
    """Keeps a Salesforce CRM and a Xero organisation in step: invoices go to Xero once, payments come back.

    Exit codes: 0 done; 1 done, but something is held; 2 usage or configuration; 3 another instance has the
    lease; 4 a vendor is unreachable or an outcome is unknown.
    """
    del config  # read from the context by whichever command runs


from sync_worker.cli import (  # noqa: E402 - they hang their commands on main
    connecting,
    demo,
    letters,
    looking,
    payment_batches,
    sandboxes,
    steering,
    syncing,
)

syncing.add_to(main)
looking.add_to(main)
steering.add_to(main)
payment_batches.add_to(main)
letters.add_to(main)
connecting.add_to(main)
sandboxes.add_to(main)
demo.add_to(main)
