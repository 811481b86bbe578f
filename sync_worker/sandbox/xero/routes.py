"""The Accounting API's routes: what stands behind each method and path. `*` is an id, a number or a code."""

from __future__ import annotations

from sync_worker.sandbox.xero import (
    accounts,
    allocations,
    attachments,
    bank_transactions,
    batch_payments,
    contact_groups,
    contact_writes,
    contacts,
    credit_writes,
    history,
    invoice_writes,
    invoices,
    items,
    open_credits,
    organisation,
    payments,
    places,
    proposal_writes,
    proposals,
    tax_rates,
    tracking,
)
from sync_worker.sandbox.xero.call import Handler

ROUTES: dict[tuple[str, ...], dict[str, Handler]] = {
    ("organisation",): {"GET": organisation.get_organisation},
    ("organisation", "actions"): {"GET": organisation.get_actions},
    ("currencies",): {"GET": organisation.get_currencies, "PUT": organisation.put_currency},
    ("brandingthemes",): {"GET": organisation.get_branding_themes},
    ("brandingthemes", "*"): {"GET": organisation.get_branding_themes},
    ("accounts",): {
        "GET": accounts.get_accounts,
        "PUT": accounts.put_account,
        "POST": accounts.put_account,
    },
    ("accounts", "*"): {
        "GET": accounts.get_account,
        "POST": accounts.post_account,
        "DELETE": accounts.delete_account,
    },
    ("taxrates",): {
        "GET": tax_rates.get_tax_rates,
        "PUT": tax_rates.put_tax_rates,
        "POST": tax_rates.post_tax_rates,
    },
    ("taxrates", "*"): {"GET": tax_rates.get_tax_rate},
    ("trackingcategories",): {
        "GET": tracking.get_categories,
        "PUT": tracking.put_categories,
        "POST": tracking.put_categories,
    },
    ("trackingcategories", "*"): {
        "GET": tracking.get_category,
        "POST": tracking.post_category,
        "DELETE": tracking.delete_category,
    },
    ("trackingcategories", "*", "options"): {
        "PUT": tracking.put_options,
        "POST": tracking.put_options,
    },
    ("trackingcategories", "*", "options", "*"): {
        "POST": tracking.post_option,
        "DELETE": tracking.delete_option,
    },
    ("contacts",): {
        "GET": contacts.get_contacts,
        "PUT": contact_writes.put_contacts,
        "POST": contact_writes.post_contacts,
    },
    ("contacts", "*"): {"GET": contacts.get_contact, "POST": contact_writes.post_contact},
    ("invoices",): {
        "GET": invoices.get_invoices,
        "PUT": invoice_writes.put_invoices,
        "POST": invoice_writes.post_invoices,
    },
    ("invoices", "*"): {"GET": invoices.get_invoice, "POST": invoice_writes.post_invoice},
    ("invoices", "*", "onlineinvoice"): {"GET": invoices.get_online_invoice},
    ("invoices", "*", "email"): {"POST": invoice_writes.email_invoice},
    ("invoices", "*", "pdf"): {"GET": invoices.get_pdf},
    ("creditnotes",): {
        "GET": open_credits.get_credits,
        "PUT": credit_writes.put_notes,
        "POST": credit_writes.post_notes,
    },
    ("creditnotes", "*"): {"GET": open_credits.get_credit, "POST": credit_writes.post_note},
    ("creditnotes", "*", "pdf"): {"GET": open_credits.get_pdf},
    ("overpayments",): {"GET": open_credits.get_credits},
    ("overpayments", "*"): {"GET": open_credits.get_credit},
    ("prepayments",): {"GET": open_credits.get_credits},
    ("prepayments", "*"): {"GET": open_credits.get_credit},
    ("banktransactions",): {
        "GET": bank_transactions.get_transactions,
        "PUT": bank_transactions.put_transactions,
        "POST": bank_transactions.post_transactions,
    },
    ("banktransactions", "*"): {
        "GET": bank_transactions.get_transaction,
        "POST": bank_transactions.post_transaction,
    },
    ("batchpayments",): {
        "GET": batch_payments.get_batches,
        "PUT": batch_payments.put_batches,
        "POST": batch_payments.delete_batches,
    },
    ("batchpayments", "*"): {
        "GET": batch_payments.get_batch,
        "POST": batch_payments.delete_batches,
    },
    ("items",): {"GET": items.get_items, "PUT": items.put_items, "POST": items.post_items},
    ("items", "*"): {
        "GET": items.get_item,
        "POST": items.post_item,
        "DELETE": items.delete_item,
    },
    ("users",): {"GET": organisation.get_users},
    ("users", "*"): {"GET": organisation.get_user},
    ("contactgroups",): {"GET": contact_groups.get_groups, "PUT": contact_groups.put_groups},
    ("contactgroups", "*"): {"GET": contact_groups.get_group, "POST": contact_groups.post_group},
    ("contactgroups", "*", "contacts"): {
        "PUT": contact_groups.put_members,
        "DELETE": contact_groups.delete_members,
    },
    ("contactgroups", "*", "contacts", "*"): {"DELETE": contact_groups.delete_members},
    ("payments",): {
        "GET": payments.get_payments,
        "PUT": payments.put_payments,
        "POST": payments.put_payments,
    },
    ("payments", "*"): {"GET": payments.get_payment, "POST": payments.delete_payment},
}
_WITH_FILES = (
    "accounts",
    "banktransactions",
    "contacts",
    "creditnotes",
    "invoices",
    "purchaseorders",
    "quotes",
)
for _family in open_credits.FAMILIES:
    ROUTES[_family, "*", "allocations"] = {"PUT": allocations.put_allocations}
    ROUTES[_family, "*", "allocations", "*"] = {"DELETE": allocations.delete_allocation}
for _sort in proposals.SORTS:
    ROUTES[_sort,] = {
        "GET": proposals.get_proposals,
        "PUT": proposal_writes.put_proposals,
        "POST": proposal_writes.post_proposals,
    }
    ROUTES[_sort, "*"] = {"GET": proposals.get_proposal, "POST": proposal_writes.post_proposal}
    ROUTES[_sort, "*", "pdf"] = {"GET": proposals.get_pdf}
for _place in places.PLACES:
    ROUTES[_place, "*", "history"] = {"GET": history.get_history, "PUT": history.put_history}
for _place in _WITH_FILES:
    ROUTES[_place, "*", "attachments"] = {"GET": attachments.get_attachments}
    ROUTES[_place, "*", "attachments", "*"] = {
        "GET": attachments.get_content,
        "PUT": attachments.put_attachment,
        "POST": attachments.put_attachment,
    }


def find(segments: tuple[str, ...]) -> tuple[str, dict[str, Handler]] | None:
    """Whose scope opens it and what its methods do, whatever the case; None for a path Xero does not have."""
    names = tuple(segment.lower() for segment in segments)
    if names[:1] == ("organisations",):
        names = ("organisation", *names[1:])
    for shape in (names, tuple("*" if at % 2 else name for at, name in enumerate(names))):
        methods = ROUTES.get(shape)
        if methods is not None:
            return "attachments" if names[2:3] == ("attachments",) else names[0], methods
    return None
