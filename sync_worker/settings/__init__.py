"""Every setting, typed and explained. A TOML file says what people discuss, SYNC_* variables and secret
files say the rest.

Order of strength: SYNC_* variables, then `<name>_file` secret files, then the TOML file, then the defaults here.
docs/configuration.md is generated from this room: `host` (what all connections share), `vendors`, `processes`, and
`whole`, which puts them together; `loading` reads them.
"""

from sync_worker.settings.loading import load
from sync_worker.settings.whole import PREFIX, Connection, Settings

__all__ = ["PREFIX", "Connection", "Settings", "load"]
