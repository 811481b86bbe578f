"""Settings as the rules that processes go by."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from sync_worker.domain.rules import BillRules, InvoiceRules
from sync_worker.settings import Connection as ConnectionSettings
from sync_worker.sync.payments import PaymentRules


def invoice_rules(settings: ConnectionSettings) -> InvoiceRules:
    chosen = settings.invoices
    return InvoiceRules(
        status=chosen.status,
        crm_numbers=chosen.numbering == "crm",
        line_amount_types=chosen.line_amount_types,
        account_code=chosen.account_code or "",
        tax_type=chosen.tax_type,
        due_days=chosen.due_days,
        line_template=chosen.line_template,
        branding_theme=chosen.branding_theme,
        tracking=tuple(chosen.tracking.items()),
        debtor_by_funding=dict(chosen.debtor_by_funding),
        suffix_same_names=chosen.same_name == "suffix",
        batch=chosen.batch,
        ready_status=chosen.ready_status,
        ready_funding=chosen.ready_funding,
        start_date=chosen.start_date,
    )


def bill_rules(settings: ConnectionSettings) -> BillRules:
    chosen = settings.bills
    return BillRules(
        status=chosen.status,
        crm_numbers=True,
        line_amount_types=chosen.line_amount_types,
        account_code=chosen.account_code or "",
        tax_type=chosen.tax_type,
        due_days=chosen.due_days,
        line_template=chosen.line_template,
        tracking=tuple(chosen.tracking.items()),
        tracking_category=chosen.tracking_category,
        suffix_same_names=chosen.same_name == "suffix",
        batch=chosen.batch,
        start_date=chosen.start_date,
        points=tuple(sorted(set(chosen.publish))),
    )


def rules_of(settings: ConnectionSettings) -> list[InvoiceRules]:
    """Of all that this connection sends."""
    readers = {"invoices": invoice_rules, "bills": bill_rules}
    return [readers[what](settings) for what in settings.sends]


def payment_rules(settings: ConnectionSettings) -> PaymentRules:
    chosen = settings.payments
    return PaymentRules(
        zone=ZoneInfo(settings.time_zone),
        overlap=timedelta(seconds=chosen.overlap_s),
        stripe_days=chosen.stripe_days,
        write_status=chosen.write_status,
        worker_rolls_up=chosen.rollup == "worker",
    )
