"""Which scope opens which endpoint: the granular names of March 2026 and the broad ones they replace.

Both sets are honoured; `.read` opens reads only (Xero's prompt library has the table; Xero-OpenAPI 16.1 still lists
the broad names alone).
"""

from __future__ import annotations

GRANULAR = (
    "accounting.invoices",
    "accounting.payments",
    "accounting.banktransactions",
    "accounting.manualjournals",
    "accounting.contacts",
    "accounting.settings",
    "accounting.attachments",
)
ASSIGNED = tuple(name for scope in GRANULAR for name in (scope, f"{scope}.read"))
BROAD = ("accounting.transactions", "accounting.transactions.read")
IDENTITY = ("openid", "profile", "email", "offline_access", "app.connections")

_OPENERS = {
    "invoices": ("accounting.invoices", "accounting.transactions"),
    "payments": ("accounting.payments", "accounting.transactions"),
    "creditnotes": ("accounting.invoices", "accounting.transactions"),
    "purchaseorders": ("accounting.invoices", "accounting.transactions"),
    "quotes": ("accounting.invoices", "accounting.transactions"),
    "overpayments": ("accounting.payments", "accounting.transactions"),
    "prepayments": ("accounting.payments", "accounting.transactions"),
    "batchpayments": ("accounting.payments", "accounting.transactions"),
    "banktransactions": ("accounting.banktransactions", "accounting.transactions"),
    "items": ("accounting.invoices", "accounting.settings", "accounting.transactions"),
    "attachments": ("accounting.attachments",),
    "users": ("accounting.settings",),
    "contactgroups": ("accounting.contacts",),
    "contacts": ("accounting.contacts",),
    "accounts": ("accounting.settings",),
    "brandingthemes": ("accounting.settings",),
    "currencies": ("accounting.settings",),
    "organisation": ("accounting.settings",),
    "taxrates": ("accounting.settings",),
    "trackingcategories": ("accounting.settings",),
}


def opens(granted: frozenset[str], resource: str, method: str) -> bool:
    """Whether a token of those scopes may do this."""
    names = _OPENERS[resource]
    if any(name in granted for name in names):
        return True
    return method == "GET" and any(f"{name}.read" in granted for name in names)
