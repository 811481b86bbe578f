"""What is wrong with a component, and where in its file."""

from __future__ import annotations

from dataclasses import dataclass

from sync_worker.sandbox.salesforce.metadata.components import Component
from sync_worker.sandbox.salesforce.metadata.elements import Xml


class Broken(ValueError):
    """Raised where it is found; `place` is the element at fault if it is not the whole component."""

    def __init__(self, problem: str, place: Xml | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = place


@dataclass(frozen=True, slots=True)
class Fault:
    component: Component
    problem: str
    place: Xml


def missing(element: str, kind: str, name: str, place: Xml | None = None) -> Broken:
    """The platform's words for a name that leads nowhere."""
    return Broken(f"In field: {element} - no {kind} named {name} found", place)
