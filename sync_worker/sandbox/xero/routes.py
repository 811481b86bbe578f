"""The Accounting API's routes: what stands behind each method and path. `*` is an id, a number or a code."""

from __future__ import annotations

from sync_worker.sandbox.xero import (
    accounts,
    contact_writes,
    contacts,
    history,
    invoice_writes,
    invoices,
    organisation,
    payments,
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
    ("contacts", "*", "history"): {"GET": history.get_history, "PUT": history.put_history},
    ("invoices",): {
        "GET": invoices.get_invoices,
        "PUT": invoice_writes.put_invoices,
        "POST": invoice_writes.post_invoices,
    },
    ("invoices", "*"): {"GET": invoices.get_invoice, "POST": invoice_writes.post_invoice},
    ("invoices", "*", "onlineinvoice"): {"GET": invoices.get_online_invoice},
    ("invoices", "*", "email"): {"POST": invoice_writes.email_invoice},
    ("invoices", "*", "history"): {"GET": history.get_history, "PUT": history.put_history},
    ("payments",): {
        "GET": payments.get_payments,
        "PUT": payments.put_payments,
        "POST": payments.put_payments,
    },
    ("payments", "*"): {"GET": payments.get_payment, "POST": payments.delete_payment},
    ("payments", "*", "history"): {"GET": history.get_history, "PUT": history.put_history},
}


def find(segments: tuple[str, ...]) -> tuple[str, dict[str, Handler]] | None:
    """The resource's name and what its methods do, whatever the case; None for a path Xero does not have."""
    names = tuple(segment.lower() for segment in segments)
    if names[:1] == ("organisations",):
        names = ("organisation", *names[1:])
    for shape in (names, tuple("*" if at % 2 else name for at, name in enumerate(names))):
        methods = ROUTES.get(shape)
        if methods is not None:
            return names[0], methods
    return None
