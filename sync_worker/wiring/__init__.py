"""The one place that knows every concrete class: settings in, parts out.

`ground` is what all parts stand on, `crm` and `ledger` are the two vendors, `rules` reads settings as rules,
`connection` puts one connection together and `app` the program.
"""

from sync_worker.wiring.app import App, opened
from sync_worker.wiring.ground import Ways
from sync_worker.wiring.post import project_folder

__all__ = ["App", "Ways", "opened", "project_folder"]
