"""What SOQL selects, and what the platform says about SOQL it cannot take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce.format import format_soql

from sync_worker.sandbox.http import Clock
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.salesforce.soql.parser import parse
from sync_worker.sandbox.salesforce.soql.syntax import Comparison, Literal
from tests.sandbox.salesforce.conftest import METADATA, NOON, Client

INVOICES = [
    {
        "Name": "Alpha",
        "Total_Amount__c": "10",
        "Status__c": "Entered",
        "Invoice_Date__c": "2026-03-04",
    },
    {
        "Name": "beta",
        "Total_Amount__c": "20",
        "Status__c": "Not Paid",
        "Invoice_Date__c": "2026-03-03",
    },
    {
        "Name": "50%_off",
        "Total_Amount__c": "30",
        "Status__c": "Entered",
        "Invoice_Date__c": "2026-02-10",
    },
    {"Name": "Delta", "Status__c": "Fully Paid", "Finance_External_ID__c": "X-1"},
]


@pytest.fixture(scope="module")
def books() -> Client:
    org = SalesforceOrg(Clock(lambda: NOON), metadata=METADATA)
    contact = org.load("Contact", [{"LastName": "Ng", "FirstName": "Ann"}])[0]
    ids = org.load("Invoice__c", [{**INVOICES[0], "Participant__c": contact}, *INVOICES[1:]])
    amounts = ((0, "4"), (0, "6"), (1, "5"))
    org.load(
        "Payment__c", [{"Invoice__c": ids[n], "Payment_Amount__c": amount} for n, amount in amounts]
    )
    return Client(org)


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("Name = 'ALPHA'", ["Alpha"]),
        ("Name != 'alpha'", ["beta", "50%_off", "Delta"]),
        ("Name LIKE '%eT%'", ["beta"]),
        ("Name LIKE '_elta'", ["Delta"]),
        (r"Name LIKE '50\%\_%'", ["50%_off"]),
        ("Total_Amount__c > 10", ["beta", "50%_off"]),
        ("Total_Amount__c <= 1E1", ["Alpha"]),
        ("Total_Amount__c = null", ["Delta"]),
        ("Total_Amount__c != 10", ["beta", "50%_off", "Delta"]),
        ("Finance_External_ID__c = NULL AND Status__c IN ('entered', 'Cancelled')", ["Alpha", "50%_off"]),
        ("Finance_External_ID__c = 'x-1'", ["Delta"]),
        ("Status__c NOT IN ('Entered')", ["beta", "Delta"]),
        ("NOT (Name = 'alpha' OR Name = 'beta')", ["50%_off", "Delta"]),
        ("(Name = 'alpha' OR Name = 'beta') AND Total_Amount__c > 15", ["beta"]),
        ("Invoice_Date__c = TODAY", ["Alpha"]),
        ("Invoice_Date__c = YESTERDAY", ["beta"]),
        ("Invoice_Date__c = THIS_MONTH", ["Alpha", "beta"]),
        ("Invoice_Date__c = LAST_MONTH", ["50%_off"]),
        ("Invoice_Date__c < THIS_WEEK", ["50%_off"]),
        ("Invoice_Date__c >= LAST_N_DAYS:1", ["Alpha", "beta"]),
        ("Invoice_Date__c < 2026-03-01", ["50%_off"]),
        ("CreatedDate = TODAY AND Name = 'Delta'", ["Delta"]),
        ("CreatedDate > 2026-03-04T22:00:00+11:00 AND Name = 'Delta'", ["Delta"]),
        ("Participant__r.Name = 'ann ng'", ["Alpha"]),
        ("Participant__r.LastName = null", ["beta", "50%_off", "Delta"]),
        ("Payment_Balance__c = 0", ["Alpha", "Delta"]),
        ("Id IN (SELECT Invoice__c FROM Payment__c WHERE Payment_Amount__c > 4)", ["Alpha", "beta"]),
        ("Id NOT IN (SELECT Invoice__c FROM Payment__c)", ["50%_off", "Delta"]),
        ("CALENDAR_MONTH(Invoice_Date__c) = 2", ["50%_off"]),
    ],
)  # fmt: skip
def test_a_condition_selects(books: Client, where: str, names: list[str]) -> None:
    assert [
        each["Name"] for each in books.records(f"SELECT Name FROM Invoice__c WHERE {where}")
    ] == names


@pytest.mark.parametrize(
    ("ending", "names"),
    [
        ("ORDER BY Name", ["50%_off", "Alpha", "beta", "Delta"]),
        ("ORDER BY Total_Amount__c", ["Delta", "Alpha", "beta", "50%_off"]),
        ("ORDER BY Total_Amount__c DESC NULLS LAST", ["50%_off", "beta", "Alpha", "Delta"]),
        ("ORDER BY Status__c, Name DESC", ["Alpha", "50%_off", "beta", "Delta"]),
        ("ORDER BY Participant__r.Name NULLS LAST LIMIT 1", ["Alpha"]),
        ("LIMIT 2 OFFSET 1", ["beta", "50%_off"]),
        ("LIMIT 0", []),
    ],
)
def test_rows_are_ordered_and_cut(books: Client, ending: str, names: list[str]) -> None:
    assert [
        each["Name"] for each in books.records(f"SELECT Name FROM Invoice__c {ending}")
    ] == names


def test_parents_nest_and_children_come_as_results_of_their_own(books: Client) -> None:
    soql = """SELECT i.Name, i.Participant__r.LastName, (SELECT payment_amount__c FROM Payments__r
              WHERE Payment_Amount__c > 4 ORDER BY Payment_Amount__c DESC) FROM Invoice__c i LIMIT 3"""
    first, second, third = books.query(soql)["records"]
    assert list(first) == ["attributes", "Name", "Participant__r", "Payments__r"]
    assert first["Participant__r"]["attributes"]["type"] == "Contact"
    assert first["Participant__r"]["LastName"] == "Ng"
    assert second["Participant__r"] is None
    assert [each["Payment_Amount__c"] for each in first["Payments__r"]["records"]] == [6.0]
    assert (first["Payments__r"]["totalSize"], first["Payments__r"]["done"]) == (1, True)
    assert third["Payments__r"] is None


def test_aggregates_group_filter_and_are_named(books: Client) -> None:
    soql = """SELECT Status__c, COUNT(Id) n, SUM(Total_Amount__c), MAX(Name) FROM Invoice__c
              GROUP BY Status__c HAVING COUNT(Id) > 1"""
    assert books.query(soql)["records"] == [
        {"attributes": {"type": "AggregateResult"}, "Status__c": "Entered", "n": 2, "expr0": 40.0, "expr1": "Alpha"}
    ]  # fmt: skip
    assert books.query("SELECT COUNT() FROM Invoice__c") == {
        "totalSize": 4,
        "done": True,
        "records": [],
    }
    total = books.records("SELECT COUNT(Id), AVG(Total_Amount__c) a FROM Invoice__c")
    assert total == [{"expr0": 4, "a": 20.0}]


def test_fields_of_a_group_can_be_asked_for_at_once(books: Client) -> None:
    record = books.records("SELECT FIELDS(STANDARD) FROM Invoice__c LIMIT 1")[0]
    assert {"Id", "Name", "CreatedDate"} <= set(record)
    assert "Status__c" not in record
    assert "Status__c" in books.records("SELECT FIELDS(ALL) FROM Invoice__c LIMIT 200")[0]


NO_SUCH_COLUMN = (
    "\nSELECT Foo FROM Invoice__c\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity"
    " 'Invoice__c'. If you are attempting to use a custom field, be sure to append the '__c' after the custom"
    " field name. Please reference your WSDL or the describe call for the appropriate names."
)


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT Id FORM Invoice__c", "MALFORMED_QUERY",
         "\nSELECT Id FORM Invoice__c\n          ^\nERROR at Row:1:Column:11\nunexpected token: 'FORM'"),
        ("SELECT Foo FROM Invoice__c", "INVALID_FIELD",
         NO_SUCH_COLUMN),
        ("SELECT Id FROM Foo", "INVALID_TYPE", "sObject type 'Foo' is not supported."),
        ("SELECT Foo__r.Id FROM Invoice__c", "INVALID_FIELD", "Didn't understand relationship 'Foo__r' in field path."),
        ("SELECT (SELECT Id FROM Foos__r) FROM Invoice__c", "INVALID_TYPE",
         "Didn't understand relationship 'Foos__r' in FROM part of query call."),
        ("SELECT Id FROM Invoice__c WHERE Name = 5", "INVALID_FIELD",
         "value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes"),
        ("SELECT Id FROM Invoice__c WHERE CreatedDate > 2026-01-01", "INVALID_FIELD",
         "value of filter criterion for field 'CreatedDate' must be of type dateTime"),
        ("SELECT Id FROM Invoice__c WHERE Description__c = 'a'", "INVALID_FIELD",
         "can not be filtered in a query call"),
        ("SELECT Id FROM Invoice__c WHERE Id = 'abc'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: abc"),
        ("SELECT Id FROM Invoice__c WHERE Id IN ()", "MALFORMED_QUERY", "unexpected token: ')'"),
        ("SELECT Id FROM Invoice__c WHERE Name='a' OR Name='b' AND Name='c'", "MALFORMED_QUERY",
         "unexpected token: 'AND'"),
        ("SELECT Id FROM Invoice__c WHERE Id = :x", "MALFORMED_QUERY", "Bind variables only allowed in Apex code"),
        ("SELECT Id FROM Invoice__c WHERE Name = 'a", "MALFORMED_QUERY", "mismatched character '<EOF>' expecting '''"),
        ("SELECT Id, id FROM Invoice__c", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Name, COUNT(Id) FROM Invoice__c", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT FIELDS(ALL) FROM Invoice__c", "MALFORMED_QUERY",
         "The SOQL FIELDS function must have a LIMIT of at most 200"),
        ("SELECT Id FROM Invoice__c OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"),
        ("SELECT Id", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Invoice__c WHERE Name = 'a' AND NOT Name = 'b'", "MALFORMED_QUERY",
         "unexpected token: 'NOT'"),
        ("SELECT Id FROM Invoice__c WHERE NOT Name = 'a' AND Name = 'b'", "MALFORMED_QUERY",
         "unexpected token: 'AND'"),
        ("SELECT Id FROM Invoice__c WHERE NOT NOT Name = 'a'", "MALFORMED_QUERY", "unexpected token: 'NOT'"),
        ("SELECT Total_Amount__c, COUNT(Id) FROM Invoice__c GROUP BY Total_Amount__c", "MALFORMED_QUERY",
         "field 'Total_Amount__c' can not be grouped in a query call"),
        ("SELECT COUNT(Description__c) FROM Invoice__c", "MALFORMED_QUERY",
         "field Description__c does not support aggregate operator COUNT"),
        ("SELECT COUNT(Include__c) FROM Payment__c", "MALFORMED_QUERY",
         "field Include__c does not support aggregate operator COUNT"),
        ("SELECT Status__c, COUNT(Id) FROM Invoice__c GROUP BY Status__c ORDER BY Name", "MALFORMED_QUERY",
         "Ordered field must be grouped or aggregated: Name"),
    ],
)  # fmt: skip
def test_a_query_is_refused_in_the_platforms_words(
    books: Client, soql: str, code: str, message: str
) -> None:
    answered: Any = books.query(soql)
    assert answered[0]["errorCode"] == code
    assert message in answered[0]["message"]


A_JOIN = "Id IN (SELECT Invoice__c FROM Payment__c)"


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (f"Name = 'a' OR {A_JOIN}", "Semi join sub-selects are not allowed with the 'OR' operator"),
        (f"{A_JOIN} AND {A_JOIN} AND {A_JOIN}", "Maximum 2 semi join sub-selects are allowed"),
        (f"Id IN (SELECT Invoice__c FROM Payment__c WHERE {A_JOIN})",
         "Nesting of semi join sub-selects is not supported"),
        ("Participant__r.AccountId IN (SELECT Id FROM Account)", "cannot be 'Participant__r.AccountId'"),
        ("Name IN (SELECT Id FROM Account)", "should be an id field, cannot use: 'Name'"),
        ("Participant__c IN (SELECT Name FROM Contact)", "can only query id fields, cannot use: 'Name'"),
        ("Participant__c IN (SELECT Id FROM Account)", "should point to the same object type"),
        ("Id IN (SELECT Id FROM Invoice__c)", "should not be on the same object type"),
        ("Id IN (SELECT Invoice__c FROM Payment__c LIMIT 5)", "unexpected token: 'LIMIT'"),
        ("Id IN (SELECT Invoice__c FROM Payment__c ORDER BY Id)", "unexpected token: 'ORDER'"),
    ],
)  # fmt: skip
def test_a_semi_join_keeps_the_platforms_rules(books: Client, where: str, message: str) -> None:
    answered: Any = books.query(f"SELECT Id FROM Invoice__c WHERE {where}")
    assert answered[0]["errorCode"] == "MALFORMED_QUERY"
    assert message in answered[0]["message"]


def test_two_semi_joins_and_conditions_negated_in_brackets_are_fine(books: Client) -> None:
    where = f"{A_JOIN} AND Participant__c IN (SELECT Id FROM Contact) AND (NOT Name = 'b') AND (NOT (Name = 'c'))"
    assert [
        each["Name"] for each in books.records(f"SELECT Name FROM Invoice__c WHERE {where}")
    ] == ["Alpha"]


@pytest.mark.parametrize(
    ("soql", "shown"),
    [
        # A criterion of the wrong type is pointed at where its field stands, not where the value does.
        ("SELECT Id FROM Account WHERE CreatedDate >= '2017-01-01'",
         f"\nSELECT Id FROM Account WHERE CreatedDate >= '2017-01-01'\n{' ' * 29}^\nERROR at Row:1:Column:30\n"),
        ("SELECT Id\nFROM Account\nWHERE Name = 5", "\nWHERE Name = 5\n      ^\nERROR at Row:3:Column:7\n"),
        # Of a long query whole words are shown, to some 45 characters on either side.
        ("SELECT Id, Dispenser__c, Answer__c, Audit_Question__c FROM Account",
         "\nSELECT Id, Dispenser__c, Answer__c, Audit_Question__c\n           ^\nERROR at Row:1:Column:12\n"),
        ("SELECT BillingStreet,BillingCity,BillingState,LastModifiedDate,Foo__c,Phone,Type FROM Account",
         "\nBillingCity,BillingState,LastModifiedDate,Foo__c,Phone,Type FROM Account\n"),
        # The lexer counts from 0 and its arrow from 1.
        ("select Id from Account where id = $sfid",
         f"\nselect Id from Account where id = $sfid\n{' ' * 33}^\nERROR at Row:1:Column:34\nline 1:34 no viable alt"),
    ],
)  # fmt: skip
def test_the_arrow_stands_where_the_platform_puts_it(books: Client, soql: str, shown: str) -> None:
    answered: Any = books.query(soql)
    assert shown in answered[0]["message"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_survives_quoting_and_parsing(text: str) -> None:
    where = parse(format_soql("SELECT Id FROM Invoice__c WHERE Name = {}", text)).where
    assert isinstance(where, Comparison)
    assert isinstance(where.right, Literal)
    assert where.right.value == text


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
)
def test_like_with_escaped_text_finds_exactly_that_text(text: str) -> None:
    org = _one_invoice(text)
    soql = format_soql("SELECT Name FROM Invoice__c WHERE Name LIKE '{:like}'", text)
    assert [each["Name"] for each in Client(org).records(soql)] == [text]


_SHARED: list[SalesforceOrg] = []


def _one_invoice(name: str) -> SalesforceOrg:
    org = _SHARED[0] if _SHARED else SalesforceOrg(Clock(lambda: NOON), metadata=METADATA)
    _SHARED[:] = [org]
    org.reset()
    org.load("Invoice__c", [{"Name": name}, {"Name": "another"}])
    return org


def test_a_day_begins_at_midnight_in_the_orgs_own_zone(
    make_org: Callable[..., SalesforceOrg],
) -> None:
    for zone, found in (("Australia/Sydney", 1), ("UTC", 0)):
        org = make_org(time_zone=zone)
        org.load("Invoice__c", [{"CreatedDate": "2026-03-03T14:00:00Z"}])
        soql = "SELECT COUNT() FROM Invoice__c WHERE CreatedDate = TODAY"
        assert Client(org).query(soql)["totalSize"] == found


def test_typeof_picks_the_fields_by_what_the_parent_is(books: Client) -> None:
    soql = "SELECT Name, TYPEOF Owner WHEN User THEN Username, Name ELSE Id END FROM Invoice__c LIMIT 1"
    record = books.records(soql)[0]
    assert record["Owner"]["attributes"]["type"] == "User"
    assert set(record["Owner"]) == {"attributes", "Username", "Name"}
    other = "SELECT TYPEOF Owner WHEN Group THEN Name END FROM Invoice__c LIMIT 1"
    assert books.records(other) == [{"Owner": None}]
    assert "Didn't understand relationship 'Boss'" in str(
        books.query("SELECT TYPEOF Boss WHEN User THEN Name END FROM Invoice__c")
    )


def test_subtotals_are_told_by_grouping(books: Client) -> None:
    soql = (
        "SELECT Status__c, COUNT(Id) n, GROUPING(Status__c) total FROM Invoice__c"
        " GROUP BY ROLLUP(Status__c)"
    )
    found = [(each["Status__c"], each["n"], each["total"]) for each in books.records(soql)]
    assert found == [
        ("Entered", 2, 0),
        ("Fully Paid", 1, 0),
        ("Not Paid", 1, 0),
        (None, 4, 1),
    ]
    soql = "SELECT Status__c, Name, COUNT(Id) n FROM Invoice__c GROUP BY CUBE(Status__c, Name)"
    assert len(books.records(soql)) == 4 + 3 + 4 + 1
    four = "SELECT COUNT(Id) FROM Invoice__c GROUP BY ROLLUP(Name, Status__c, OwnerId, CreatedById)"
    assert "up to 3 fields" in books.query(four)[0]["message"]


@pytest.mark.parametrize("ending", ["FOR VIEW", "FOR REFERENCE", "FOR UPDATE", "UPDATE VIEWSTAT"])
def test_endings_that_change_nothing_are_taken(books: Client, ending: str) -> None:
    assert len(books.records(f"SELECT Id FROM Invoice__c {ending}")) == 4


@pytest.mark.parametrize(
    ("soql", "message"),
    [
        ("SELECT Id FROM Invoice__c ALL ROWS", "ALL ROWS not allowed in this context"),
        ("SELECT Id FROM Invoice__c USING SCOPE yours", "unexpected token: 'yours'"),
        ("SELECT FIELDS(SOME) FROM Invoice__c", "unexpected token: 'SOME'"),
        ("SELECT Nope(Id) FROM Invoice__c", "unexpected token: '('"),
        ("SELECT Id FROM Invoice__c, Contact", "unexpected token: 'Contact'"),
        ("SELECT Id FROM Invoice__c WHERE CreatedDate = SOMEDAY", "unexpected token: 'SOMEDAY'"),
    ],
)
def test_what_only_looks_like_soql_is_refused(books: Client, soql: str, message: str) -> None:
    assert message in books.query(soql)[0]["message"]


def test_hours_can_be_read_in_the_users_own_zone(make_org: Callable[..., SalesforceOrg]) -> None:
    org = make_org(time_zone="Australia/Sydney")
    org.load("Account", [{"Name": "A", "CreatedDate": "2026-03-03T14:00:00Z"}])
    soql = "SELECT {} hour, COUNT(Id) n FROM Account GROUP BY {}"
    for call, hour in (
        ("HOUR_IN_DAY(CreatedDate)", 14),
        ("HOUR_IN_DAY(convertTimezone(CreatedDate))", 1),
    ):
        assert Client(org).records(soql.format(call, call)) == [{"hour": hour, "n": 1}]
