"""Identifiers as types of their own, because swapping two strings is the classical bug of this trade."""

from __future__ import annotations

from typing import NewType

SalesforceId = NewType("SalesforceId", str)
"""Always the 18-character form; compare no other."""

XeroId = NewType("XeroId", str)
"""A lower-case UUID: InvoiceID, ContactID or PaymentID."""
