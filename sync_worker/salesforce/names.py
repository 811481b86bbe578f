"""What the CRM calls things: our names, with a package's prefix before each, and exceptions by name.

Field names are never derived from labels: two products of one vendor spell the same field with different prefixes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CUSTOM = ("__c", "__r")


@dataclass(frozen=True, slots=True)
class Names:
    """Translates our name to the org's. An empty answer means the org goes without that field."""

    prefix: str = ""
    exceptions: Mapping[str, str] = field(default_factory=dict)

    def sobject(self, name: str) -> str:
        return self._spelt(name, name)

    def of(self, sobject: str) -> Fields:
        return Fields(self, sobject)

    def field(self, sobject: str, name: str) -> str:
        return self._spelt(f"{sobject}.{name}", name)

    def _spelt(self, known_as: str, name: str) -> str:
        if known_as in self.exceptions:
            return self.exceptions[known_as]
        return f"{self.prefix}{name}" if name.endswith(CUSTOM) else name


@dataclass(frozen=True, slots=True)
class Fields:
    """The names of one object's fields."""

    names: Names
    sobject: str

    def __call__(self, name: str) -> str:
        return self.names.field(self.sobject, name)

    @property
    def api_name(self) -> str:
        return self.names.sobject(self.sobject)

    def parent(self, name: str) -> str:
        """The path to the parent behind a lookup field."""
        return self(name).removesuffix("__c") + "__r" if self(name).endswith("__c") else self(name)

    def present(self, *names: str) -> list[str]:
        """The org's names of those it has."""
        return [spelt for spelt in map(self, names) if spelt]
