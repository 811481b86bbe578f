"""Every safety rule that can be taken out, and those of the trade that there is nothing of here."""

from __future__ import annotations

from tests.mutants.bills import BILLS
from tests.mutants.memory import MEMORY
from tests.mutants.money import MONEY
from tests.mutants.papers import PAPERS
from tests.mutants.paying import PAYING
from tests.mutants.people import PEOPLE
from tests.mutants.post import POST
from tests.mutants.sending import SENDING
from tests.mutants.vendors import VENDORS

MUTANTS = (*BILLS, *SENDING, *PEOPLE, *MONEY, *MEMORY, *VENDORS, *PAPERS, *PAYING, *POST)

NOT_APPLICABLE = {
    "a look made before the claim row is won": "the CRM has no claim rows; whoever looks holds the lane already",
    "a claim row upserted instead of inserted": "the CRM has no claim rows; the lease's condition is tried instead",
}
