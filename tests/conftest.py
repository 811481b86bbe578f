"""What every test has: a quiet log that can be read, and worlds to try things in."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

import pytest
import structlog
from structlog.testing import CapturingLogger

from tests.sides import SIDES, Side

pytest_plugins = ("tests.replies",)  # the replies of every test, of any process, are walked


@pytest.fixture(params=SIDES, ids=lambda side: side.process)
def side(request: pytest.FixtureRequest) -> Side:
    """Invoices, and once more bills."""
    chosen: Side = request.param
    return chosen


@pytest.fixture(autouse=True)
def told() -> Iterator[list[tuple[str, dict[str, object]]]]:
    """What the log was told: (event, facts) each."""
    lines: list[tuple[str, dict[str, object]]] = []

    def keep(_: object, __: str, event: MutableMapping[str, object]) -> str:
        facts = dict(event)
        lines.append((str(facts.pop("event")), facts))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, keep],
        logger_factory=lambda *_: CapturingLogger(),
        cache_logger_on_first_use=False,
    )
    yield lines
    structlog.configure(**before)
