"""Who applies for grants, organisations and now and then a person, and what money is given for."""

from __future__ import annotations

from random import Random

from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.seeds.people import LAST_NAMES, STREETS, TOWNS, People, plain, words
from sync_worker.sandbox.xero.app import XeroSandbox
from sync_worker.sandbox.xero.records import Account, TrackingCategory, TrackingOption
from sync_worker.sandbox.xero.tracking import MOST_OPTIONS

GRANTS_PAID, SCHOLARSHIPS = "480", "481"  # accounts in Xero
TRACKING = "Funding Category"  # the tracking category in Xero
KNOWN = words("Community Arts Heritage Environment Youth")  # options that Xero has
NEW = ("Regional Touring", "First Nations")  # options still to be made: there is room for these
CLOSED = "Old Program"  # its account is no longer in Xero
ONE_TOO_MANY = "Emergency Relief"  # the option for which Xero has no room any more
KINDS = words("""
Choir Theatre Museum Orchestra Gallery Library Landcare Kindergarten Foundation Festival Sailing
Football Archive Garden Shed Radio Brass Cinema Wildlife Language Pottery Dance Quilters
""")
A_PERSON_EVERY = 4


def categories(org: SalesforceOrg) -> dict[str, str]:
    """Funding categories put into the CRM: record ids by name."""
    own_account = {"Youth": SCHOLARSHIPS, CLOSED: "999"}
    names = (*KNOWN, *NEW, CLOSED, ONE_TOO_MANY)
    rows = [{"Name": name, "Finance_Account_Code__c": own_account.get(name)} for name in names]
    return dict(zip(names, org.load("Funding_Category__c", rows), strict=True))


def open_books(xero: XeroSandbox) -> None:
    """Accounts for grants, and a tracking category that has room for the options of NEW and no more."""
    books, now = xero.books, xero.books.now()
    for code, name in ((GRANTS_PAID, "Grants Paid"), (SCHOLARSHIPS, "Scholarships Paid")):
        account = Account(
            id=books.new_id(),
            code=code,
            name=name,
            type="EXPENSE",
            tax_type="EXEMPTEXPENSES",
            updated=now,
        )
        books.accounts.put(account)
    used = (*KNOWN, CLOSED)
    past = (f"Round of {1900 + n}" for n in range(MOST_OPTIONS - len(NEW) - len(used)))
    options = tuple(TrackingOption(books.new_id(), name) for name in (*used, *past))
    books.tracking.put(TrackingCategory(books.new_id(), TRACKING, now, options=options))


def is_person(n: int) -> bool:
    return n % A_PERSON_EVERY == A_PERSON_EVERY - 1


def person(people: People, n: int) -> dict[str, object]:
    """A Contact."""
    row = people.participant(n) | bank_account(n, None)
    del row["NDIS_Number__c"]
    return row


def organisation(n: int, name: str = "") -> dict[str, object]:
    """An Account; the same for the same number, and no two of one name."""
    chance = Random(f"applicant {n}")
    town, state, postcode = chance.choice(TOWNS)
    name = name or _name(n)
    return {
        "Name": name,
        "Phone": f"03 7010 {6000 + n % 4000:04d}",
        "BillingStreet": f"{chance.randrange(1, 200)} {chance.choice(STREETS)} Street",
        "BillingCity": town,
        "BillingState": state,
        "BillingPostalCode": postcode,
        "BillingCountry": "Australia",
        "Finance_Email__c": f"grants@{plain(name)[:40]}-{n}.example",
        **bank_account(n, name),
    }


def bank_account(n: int, name: str | None) -> dict[str, object]:
    return {
        "Bank_Account_Name__c": name,
        "Bank_BSB__c": f"062-{n % 900 + 100:03d}",
        "Bank_Account_Number__c": f"{10_000_000 + n * 7919 % 90_000_000}",
    }


def _name(n: int) -> str:
    """Every surname's place with every kind, and then the same with a number."""
    round_, at = divmod(n, len(LAST_NAMES))
    again, kind = divmod(round_, len(KINDS))
    name = f"{LAST_NAMES[at]} {KINDS[(at + kind) % len(KINDS)]}"
    return f"{name} No. {again + 1}" if again else name
