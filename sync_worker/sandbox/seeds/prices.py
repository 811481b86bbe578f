"""The price list of a care provider; numbers and rates in the manner of the NDIS price guide."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Price(NamedTuple):
    """`tax` is what the finance admin entered: the name of a tax rate, its code, or nothing."""

    number: str
    name: str
    unit: str
    rate: Decimal
    account: str
    tax: str | None

    def record(self) -> dict[str, object]:
        return {
            "Name": self.name[:80],
            "Support_Item_Number__c": self.number,
            "Xero_Invoice_Line_Description__c": f"{self.name} ({self.number})",
            "Finance_Account_Code__c": self.account,
            "Tax_Type__c": self.tax,
            "Unit__c": self.unit,
        }


def price(row: str) -> Price:
    number, name, unit, rate, tax = (part.strip() for part in row.split("|"))
    return Price(number, name, unit, Decimal(rate), "200", tax or None)


PRICES = tuple(
    price(row)
    for row in """
01_011_0107_1_1 | Self-Care Activities - Standard - Weekday Daytime | Hour | 70.23 | GST Free Income
01_015_0107_1_1 | Self-Care Activities - Standard - Weekday Evening | Hour | 77.38 | GST Free Income
01_002_0107_1_1 | Self-Care Activities - Standard - Weekday Night | Hour | 78.81 | GST Free Income
01_013_0107_1_1 | Self-Care Activities - Standard - Saturday | Hour | 98.83 | GST Free Income
01_014_0107_1_1 | Self-Care Activities - Standard - Sunday | Hour | 127.43 | GST Free Income
01_012_0107_1_1 | Self-Care Activities - Standard - Public Holiday | Hour | 156.03 | GST Free Income
01_010_0107_1_1 | Self-Care Activities - Night-Time Sleepover | Each | 297.60 | GST Free Income
01_019_0120_1_1 | House or Yard Maintenance | Hour | 57.07 | EXEMPTOUTPUT
01_020_0120_1_1 | House Cleaning and Other Household Activities | Hour | 58.03 | EXEMPTOUTPUT
01_022_0120_1_1 | Preparation and Delivery of Meals | Each | 14.95 | EXEMPTOUTPUT
01_799_0107_1_1 | Provider Travel - Non-Labour Costs | Kilometre | 0.99 |
02_051_0108_1_1 | Specialised Transport to Community | Each | 1.00 |
04_104_0125_6_1 | Community and Social - Weekday Daytime | Hour | 70.23 | GST Free Income
04_103_0125_6_1 | Community and Social - Weekday Evening | Hour | 77.38 | GST Free Income
04_105_0125_6_1 | Community and Social - Saturday | Hour | 98.83 | GST Free Income
04_106_0125_6_1 | Community and Social - Sunday | Hour | 127.43 | GST Free Income
04_590_0125_6_1 | Activity Based Transport | Kilometre | 1.0025 |
07_001_0106_8_3 | Support Coordination Level 1 - Support Connection | Hour | 80.06 | GST Free Income
07_002_0106_8_3 | Support Coordination Level 2 | Hour | 100.14 | GST Free Income
11_022_0110_7_3 | Specialist Behavioural Intervention Support | Hour | 244.22 | GST Free Income
15_054_0128_1_3 | Therapy Supports - Psychologist | Hour | 222.99 | GST Free Income
15_617_0128_1_3 | Therapy Supports - Occupational Therapist | Hour | 193.99 | GST Free Income
15_622_0128_1_3 | Therapy Supports - Speech Pathologist | Hour | 193.99 | GST Free Income
OWN_ROOM_HIRE | Room Hire (not an NDIS support) | Hour | 33.00 | OUTPUT
OWN_CONSUMABLES | Consumables (not an NDIS support) | Each | 12.65 | GST on Income
""".strip().splitlines()
)
ROOM_HIRE = next(item for item in PRICES if item.number == "OWN_ROOM_HIRE")
CARE = PRICES[0]
UNKNOWN_ACCOUNT = Price(
    "OWN_OLD_PROGRAM",
    "Old Program (account no longer in Xero)",
    "Each",
    Decimal("120.00"),
    "999",
    "GST Free Income",
)
