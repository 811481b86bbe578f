"""A post office for the tests whose letters leave."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.post import PostOffice, a_post_office


@pytest.fixture
def office(socket_enabled: None) -> Iterator[PostOffice]:
    del socket_enabled
    with a_post_office() as office:
        yield office
