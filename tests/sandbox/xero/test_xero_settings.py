"""The organisation, accounts, tax rates, currencies, tracking and themes."""

from __future__ import annotations

import pytest

from sync_worker.sandbox.xero import errors
from tests.sandbox.xero.client import NOBODY, Xero, a_line


def test_the_organisation_is_an_australian_provider(xero: Xero) -> None:
    (shown,) = xero.get("Organisation")["Organisations"]
    assert shown["Name"] == "Bright Path Support Services"
    assert (shown["BaseCurrency"], shown["Timezone"]) == ("AUD", "AUSEASTERNSTANDARDTIME")
    assert (shown["ShortCode"], shown["IsDemoCompany"]) == ("!Sb0x1", False)
    assert shown["CreatedDateUTC"].endswith("000)/")
    assert {"Name": "CreateApprovedInvoice", "Status": "ALLOWED"} in xero.get(
        "Organisation/Actions"
    )["Actions"]


def test_the_chart_has_what_a_provider_needs(xero: Xero) -> None:
    accounts = {one["Code"]: one for one in xero.get("Accounts")["Accounts"]}
    assert (accounts["090"]["Type"], accounts["091"]["EnablePaymentsToAccount"]) == ("BANK", True)
    assert accounts["200"]["TaxType"] == "OUTPUT"
    assert accounts["299"]["Status"] == "ARCHIVED"
    assert accounts["610"]["SystemAccount"] == "DEBTORS"


def test_accounts_can_be_filtered(xero: Xero) -> None:
    found = xero.get("Accounts", where='Type=="BANK" AND Status=="ACTIVE"')["Accounts"]
    assert [one["Code"] for one in found] == ["090", "091"]


def test_an_account_is_added_changed_and_deleted(xero: Xero) -> None:
    (made,) = xero.put("Accounts", {"Code": "205", "Name": "Travel", "Type": "REVENUE"})["Accounts"]
    assert (made["Status"], made["Class"], made["TaxType"]) == ("ACTIVE", "REVENUE", "OUTPUT")
    path = f"Accounts/{made['AccountID']}"
    (changed,) = xero.post(path, {"Accounts": [{"Name": "Transport"}]})["Accounts"]
    assert (changed["Name"], changed["Code"]) == ("Transport", "205")
    assert xero.invoice(LineItems=[a_line(AccountCode="205")])["Total"] == 100
    assert xero.call("DELETE", path).json()["Accounts"][0]["Status"] == "DELETED"
    assert xero.call("GET", f"Accounts/{NOBODY}").status == 404


def test_an_account_needs_a_name_and_code_of_its_own(xero: Xero) -> None:
    refused = xero.refused("PUT", "Accounts", {"Code": "200", "Name": "Sales", "Type": "SALES"})
    assert refused == ["Please enter a unique Name.", errors.CODE_NOT_UNIQUE]
    foreign = {"Code": "095", "Name": "Euro", "Type": "BANK", "CurrencyCode": "EUR"}
    expected = "The current organisation is not subscribed to currency 'EUR'"
    assert xero.refused("PUT", "Accounts", foreign) == [expected]


def test_tax_rates_are_the_australian_ones_by_name(xero: Xero) -> None:
    rates = xero.get("TaxRates")["TaxRates"]
    by_type = {one["TaxType"]: one for one in rates}
    assert [one["Name"] for one in rates] == sorted(one["Name"] for one in rates)
    assert (by_type["OUTPUT"]["Name"], by_type["OUTPUT"]["EffectiveRate"]) == ("GST on Income", 10)
    assert by_type["EXEMPTOUTPUT"]["Name"] == "GST Free Income"
    assert by_type["INPUT"]["CanApplyToRevenue"] is False
    assert xero.get("TaxRates/output")["TaxRates"][0]["TaxType"] == "OUTPUT"


def test_a_tax_rate_is_added_and_deleted(xero: Xero) -> None:
    sent = {
        "Name": "Levy",
        "ReportTaxType": "OUTPUT",
        "TaxComponents": [{"Name": "Levy", "Rate": 2.25}],
    }
    (made,) = xero.put("TaxRates", {"TaxRates": [sent]})["TaxRates"]
    assert (made["TaxType"], made["EffectiveRate"]) == ("TAX001", 2.25)
    line = a_line(AccountCode="200", TaxType="TAX001")
    assert xero.invoice(LineAmountTypes="Exclusive", LineItems=[line])["TotalTax"] == 2.25
    (gone,) = xero.post("TaxRates", {"TaxType": "TAX001", "Status": "DELETED"})["TaxRates"]
    assert gone["Status"] == "DELETED"
    assert xero.refused("PUT", "Invoices", xero.an_invoice(LineItems=[line]))


def test_currencies_are_subscribed_one_at_a_time(xero: Xero) -> None:
    assert [one["Code"] for one in xero.get("Currencies")["Currencies"]] == ["AUD"]
    xero.put("Currencies", {"Code": "NZD"})
    assert [one["Code"] for one in xero.get("Currencies")["Currencies"]] == ["AUD", "NZD"]
    assert xero.call("PUT", "Currencies", {"Code": "XXX"}).status == 400


def _category(xero: Xero, name: str) -> str:
    made = xero.put("TrackingCategories", {"name": name})["TrackingCategories"][0]
    return str(made["TrackingCategoryID"])


def test_lines_are_tracked_by_name_or_id(xero: Xero) -> None:
    region = _category(xero, "Region")
    path = f"TrackingCategories/{region}/Options"
    (north,) = xero.put(path, {"Name": "North"})["Options"]
    by_name = {"Name": "region", "Option": "north"}
    by_id = {"TrackingCategoryID": region, "TrackingOptionID": north["TrackingOptionID"]}
    made = xero.invoice(LineItems=[a_line(Tracking=[by_name]), a_line(Tracking=[by_id])])
    expected = {"Name": "Region", "Option": "North", **by_id}
    assert [line["Tracking"] for line in made["LineItems"]] == [[expected], [expected]]
    (listed,) = xero.get("Invoices", page=1)["Invoices"]
    assert listed["LineItems"][0]["Tracking"][0]["Options"] == []


def test_two_categories_may_be_active(xero: Xero) -> None:
    first = _category(xero, "Region")
    _category(xero, "Team")
    assert xero.refused("PUT", "TrackingCategories", {"Name": "Third"}) == [errors.TWO_CATEGORIES]
    xero.post(f"TrackingCategories/{first}", {"Status": "ARCHIVED"})
    _category(xero, "Third")
    assert [c["Name"] for c in xero.get("TrackingCategories")["TrackingCategories"]] == [
        "Team",
        "Third",
    ]
    shown = xero.get("TrackingCategories", includeArchived="true")["TrackingCategories"]
    assert len(shown) == 3


def test_a_category_holds_a_hundred_options(xero: Xero) -> None:
    path = f"TrackingCategories/{_category(xero, 'Region')}/Options"
    xero.put(path, {"Options": [{"Name": f"Place {at}"} for at in range(100)]})
    assert xero.refused("PUT", path, {"Name": "One more"}) == [errors.HUNDRED_OPTIONS]
    assert xero.refused("PUT", path, {"Name": "place 1"}) == [errors.NAME_NOT_UNIQUE]


def test_options_are_renamed_archived_and_deleted(xero: Xero) -> None:
    path = f"TrackingCategories/{_category(xero, 'Region')}/Options"
    (made,) = xero.put(path, {"Name": "North"})["Options"]
    one = f"{path}/{made['TrackingOptionID']}"
    (changed,) = xero.post(one, {"Name": "Far north", "Status": "ARCHIVED"})["Options"]
    assert (changed["Name"], changed["IsArchived"], changed["IsActive"]) == (
        "Far north",
        True,
        False,
    )
    assert xero.call("DELETE", one).json()["Options"][0]["IsDeleted"] is True


@pytest.mark.parametrize("path", ["BrandingThemes", "brandingthemes"])
def test_there_is_one_theme_and_sales_invoices_have_it(xero: Xero, path: str) -> None:
    (theme,) = xero.get(path)["BrandingThemes"]
    assert xero.invoice()["BrandingThemeID"] == theme["BrandingThemeID"]
    assert xero.get(f"BrandingThemes/{theme['BrandingThemeID']}")["BrandingThemes"] == [theme]
