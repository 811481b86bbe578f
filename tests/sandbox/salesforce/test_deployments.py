"""Deploying by the Metadata REST API: what was deployed becomes the schema, what is broken is refused and why."""

from __future__ import annotations

import json
from dataclasses import fields as parts_of
from functools import cache
from typing import Any

import pytest

from sync_worker.sandbox.http import Clock, Response
from sync_worker.sandbox.salesforce.org import SalesforceOrg
from sync_worker.sandbox.salesforce.schema import Schema
from tests.sandbox.salesforce.conftest import METADATA, Client
from tests.sandbox.salesforce.packages import XMLNS, archive_files, package_xml, zipped

INVOICE = "objects/Invoice__c.object"
INTEGRATION = "permissionsets/Finance_Sync_Integration.permissionset"


@cache
def shipped() -> dict[str, str]:
    return archive_files(METADATA)


@pytest.fixture
def bare(clock: Clock) -> Client:
    """An org that nobody has set up yet."""
    return Client(SalesforceOrg(clock, metadata=None))


def post(client: Client, archive: bytes, **options: Any) -> Response:
    described = json.dumps({"deployOptions": {"singlePackage": True, **options}}).encode()
    body = (
        b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="deploy.zip"\r\n'
        b"Content-Type: application/zip\r\n\r\n" + archive + b"\r\n--xyz\r\n"
        b'Content-Disposition: form-data; name="entity_content"\r\n'
        b"Content-Type: application/json\r\n\r\n" + described + b"\r\n--xyz--\r\n"
    )
    headers = {
        "authorization": f"Bearer {client.token}",
        "content-type": "multipart/form-data; boundary=xyz",
    }
    return client.raw("POST", f"{client.base}/metadata/deployRequest", body, headers)


def result(client: Client, deployment: str) -> dict[str, Any]:
    path = f"metadata/deployRequest/{deployment}?includeDetails=true"
    found: dict[str, Any] = client.call("GET", path).json()["deployResult"]
    return found


def deploy(client: Client, files: dict[str, str] | bytes, **options: Any) -> dict[str, Any]:
    archive = files if isinstance(files, bytes) else zipped(files)
    response = post(client, archive, **options)
    assert response.status == 201, response.body
    return result(client, response.json()["id"])


def failures(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = told["details"]["componentFailures"]
    return [(each["componentType"], each["fullName"], each["problem"]) for each in found]


def as_told(schema: Schema) -> dict[str, Any]:
    """Everything a schema says, so that two can be compared."""

    def plain(thing: Any) -> Any:
        if hasattr(thing, "__dataclass_fields__"):
            names = [each.name for each in parts_of(thing) if not each.name.startswith("_")]
            return {n: plain(getattr(thing, n)) for n in names if n not in ("children", "formula")}
        if isinstance(thing, (list, tuple)):
            return [plain(each) for each in thing]
        return getattr(thing, "text", thing)

    objects = {name: plain(each) for name, each in schema.objects.items()}
    return {"objects": objects, "sets": {k: plain(v) for k, v in schema.permission_sets.items()}}


def test_an_org_without_a_setup_has_standard_objects_alone(bare: Client) -> None:
    names = [each["name"] for each in bare.call("GET", "sobjects").json()["sobjects"]]
    assert names == [
        "Account",
        "Contact",
        "ContentDocument",
        "ContentDocumentLink",
        "ContentVersion",
        "Organization",
        "User",
    ]
    assert bare.query("SELECT Id FROM Invoice__c")[0]["errorCode"] == "INVALID_TYPE"


def test_deploying_the_shipped_folder_gives_the_schema_that_loading_it_gives(
    bare: Client, org: SalesforceOrg, client: Client
) -> None:
    told = deploy(bare, shipped())
    assert failures(told) == []
    assert (told["status"], told["success"], told["done"]) == ("Succeeded", True, True)
    assert as_told(bare.org.schema) == as_told(org.schema)
    for name in ("Invoice__c", "Payment__c", "Invoice_Line_Item__c", "Support_Item__c", "Contact"):
        path = f"sobjects/{name}/describe"
        assert bare.call("GET", path).json() == client.call("GET", path).json()


def test_each_component_is_told_with_whether_it_is_new(bare: Client) -> None:
    first = {
        (each["componentType"], each["fullName"]): each
        for each in deploy(bare, shipped())["details"]["componentSuccesses"]
    }
    field = first["CustomField", "Invoice__c.Status__c"]
    assert (field["created"], field["changed"], field["fileName"]) == (True, True, INVOICE)
    assert field["id"].startswith("00N")
    assert ("", "package.xml") in first
    again = deploy(bare, shipped())
    assert again["numberComponentsDeployed"] == again["numberComponentsTotal"] == len(first) - 1
    for each in again["details"]["componentSuccesses"]:
        assert (each["created"], each["changed"]) == (False, False)


def test_what_was_deployed_works_at_once_and_rows_stay(bare: Client) -> None:
    contact = bare.create("Contact", LastName="Alder")
    deploy(bare, shipped())
    invoice = bare.create("Invoice__c", Participant__c=contact, Total_Amount__c=10)
    bare.create("Payment__c", Invoice__c=invoice, Payment_Amount__c=4)
    read = bare.read("Invoice__c", invoice)
    assert (read["Payment_Balance__c"], read["Status__c"]) == (6.0, "Entered")
    deploy(bare, shipped())
    assert bare.read("Invoice__c", invoice)["Total_Payment_Amount__c"] == 4.0


def test_a_new_roll_up_counts_what_is_there_already(bare: Client) -> None:
    without = dict(shipped())
    start = without[INVOICE].index("<fullName>Total_Payment_Amount__c")
    inner = without[INVOICE]
    first, last = inner.rindex("<fields>", 0, start), inner.index("</fields>", start)
    without[INVOICE] = inner[:first] + inner[last + len("</fields>") :]
    without[INVOICE] = without[INVOICE].replace("Total_Payment_Amount__c", "Total_Amount__c")
    needed = ["Invoice__c", "Payment__c", "Support_Item__c", "Invoice_Line_Item__c"]
    without = {f"objects/{each}.object": without[f"objects/{each}.object"] for each in needed}
    named = {
        "CustomObject": needed,
        "CustomPermission": ["Manage_Finance_Sync"],
    }
    permission = {k: v for k, v in shipped().items() if k.startswith("customPermissions")}
    parts = {**without, **permission}
    told = deploy(bare, {**parts, "package.xml": package_xml(named)})
    assert failures(told) == []
    invoice = bare.create("Invoice__c", Total_Amount__c=10)
    bare.create("Payment__c", Invoice__c=invoice, Payment_Amount__c=4)
    assert "Total_Payment_Amount__c" not in bare.read("Invoice__c", invoice)
    deploy(bare, shipped())
    assert bare.read("Invoice__c", invoice)["Total_Payment_Amount__c"] == 4.0


def test_a_validation_changes_nothing_and_can_be_deployed_afterwards(bare: Client) -> None:
    validated = deploy(bare, shipped(), checkOnly=True)
    assert (validated["status"], validated["checkOnly"]) == ("Succeeded", True)
    assert bare.org.schema.find("Invoice__c") is None
    body = {"validatedDeployRequestId": validated["id"]}
    path = "metadata/deployRequest/validatedDeployRequestId"
    response = bare.call("POST", path, body)
    assert response.status == 201
    assert result(bare, response.json()["id"])["status"] == "Succeeded"
    assert bare.org.schema.find("Invoice__c") is not None


def test_a_deployment_takes_its_time_and_can_be_cancelled(clock: Clock) -> None:
    client = Client(SalesforceOrg(clock, metadata=None, deploy_s=30))
    waiting = post(client, zipped(shipped())).json()["id"]
    told = result(client, waiting)
    assert (told["status"], told["done"], told["details"]["componentSuccesses"]) == (
        "Pending",
        False,
        [],
    )
    canceling = {"deployResult": {"status": "Canceling"}}
    response = client.call("PATCH", f"metadata/deployRequest/{waiting}", canceling)
    assert response.status == 202
    assert response.json()["deployResult"]["status"] == "Canceled"
    second = post(client, zipped(shipped())).json()["id"]
    clock.advance(31)
    assert result(client, second)["status"] == "Succeeded"
    assert result(client, waiting)["status"] == "Canceled"
    assert client.refused("PATCH", f"metadata/deployRequest/{second}", canceling)["status"] == 400


@pytest.mark.parametrize(
    ("file", "old", "new", "kind", "name", "problem"),
    [
        (
            INVOICE,
            "<label>Invoice</label>",
            "<label>Invoice</lable>",
            "CustomObject",
            "Invoice__c",
            'Error parsing file: The element type "label" must be terminated by the matching end-tag',
        ),
        (
            INVOICE,
            "<length>36</length>",
            "<lenght>36</lenght>",
            "CustomObject",
            "Invoice__c",
            f"Error parsing file: Element {{{XMLNS}}}lenght invalid at this location in type CustomField",
        ),
        (
            INVOICE,
            "<type>Url</type>",
            "<type>Link</type>",
            "CustomObject",
            "Invoice__c",
            "'Link' is not a valid value for the enum 'FieldType'",
        ),
        (
            INVOICE,
            "<referenceTo>Contact</referenceTo>",
            "<referenceTo>Person__c</referenceTo>",
            "CustomField",
            "Invoice__c.Participant__c",
            "referenceTo value of 'Person__c' does not resolve to a valid sObject type",
        ),
        (
            INVOICE,
            "ISCHANGED(Finance_External_ID__c)",
            "ISCHANGED(Finance_Extern_ID__c)",
            "ValidationRule",
            "Invoice__c.Finance_External_ID_is_final",
            "Field Finance_Extern_ID__c does not exist. Check spelling.",
        ),
        (
            INVOICE,
            "$Permission.Manage_Finance_Sync",
            "$Permission.Manage_Sync",
            "ValidationRule",
            "Invoice__c.Finance_External_ID_is_final",
            "Field $Permission.Manage_Sync does not exist. Check spelling.",
        ),
        (
            INVOICE,
            "<columns>Participant__c</columns>",
            "<columns>Person__c</columns>",
            "ListView",
            "Invoice__c.Finance_Held",
            "Could not resolve list view column: Person__c",
        ),
        (
            INVOICE,
            "<summarizedField>Payment__c.Payment_Amount__c",
            "<summarizedField>Payment__c.Amount__c",
            "CustomField",
            "Invoice__c.Total_Payment_Amount__c",
            "In field: summarizedField - no CustomField named Payment__c.Amount__c found",
        ),
        (
            INTEGRATION,
            "<field>Account.Finance_Email__c</field>",
            "<field>Invoice_Line_Item__c.Invoice__c</field>",
            "PermissionSet",
            "Finance_Sync_Integration",
            "You cannot deploy to a required field: Invoice_Line_Item__c.Invoice__c",
        ),
        (
            INTEGRATION,
            "<field>Account.Finance_Email__c</field>",
            "<field>Account.Email__c</field>",
            "PermissionSet",
            "Finance_Sync_Integration",
            "In field: field - no CustomField named Account.Email__c found",
        ),
        (
            "quickActions/Invoice__c.Sync_with_Xero.quickAction",
            "<flowDefinition>Sync_Invoice_with_Xero",
            "<flowDefinition>Sync_Invoice",
            "QuickAction",
            "Invoice__c.Sync_with_Xero",
            "In field: flowDefinition - no FlowDefinition named Sync_Invoice found",
        ),
        (
            "layouts/Payment__c-Payment Layout.layout",
            "<field>Invoice__c</field>",
            "<field>Paid__c</field>",
            "Layout",
            "Payment__c-Payment Layout",
            "Layout must contain an item for required layout field: Invoice__c",
        ),
        (
            "package.xml",
            "<members>Finance_Sync_Admin</members>",
            "<members>Finance_Admin</members>",
            "PermissionSet",
            "Finance_Sync_Admin",
            "Not in package.xml",
        ),
        (
            "package.xml",
            "<members>Finance_Sync_Admin</members>",
            "<members>Finance_Sync_Admin</members><members>Finance_Boss</members>",
            "PermissionSet",
            "Finance_Boss",
            "An object 'Finance_Boss' of type PermissionSet was named in package.xml, but was not found",
        ),
        (
            "package.xml",
            "<name>Layout</name>",
            "<name>Lay</name>",
            "",
            "package.xml",
            "Unknown type name 'Lay' specified in package.xml",
        ),
        (
            "package.xml",
            "<name>Layout</name>",
            "<name>Profile</name>",
            "",
            "package.xml",
            "Components of type Profile are not imitated by the sandbox",
        ),
    ],
)
def test_a_broken_file_is_refused_with_its_component_and_the_reason(
    bare: Client, file: str, old: str, new: str, kind: str, name: str, problem: str
) -> None:
    assert old in shipped()[file]
    told = deploy(bare, {**shipped(), file: shipped()[file].replace(old, new)})
    assert (told["status"], told["success"]) == ("Failed", False)
    assert any(
        (each[0], each[1]) == (kind, name) and each[2].startswith(problem)
        for each in failures(told)
    ), failures(told)
    assert told["numberComponentErrors"] == len(failures(told))
    assert bare.org.schema.find("Invoice__c") is None


def a_field(*elements: str, name: str = "Note__c", label: str = "Note") -> str:
    said = f"<fullName>{name}</fullName><label>{label}</label>{''.join(elements)}"
    return f"<fields>{said}</fields></CustomObject>"


def a_picklist(*choices: tuple[str, str]) -> str:
    values = "".join(
        f"<value><fullName>{each}</fullName><default>{default}</default><label>x</label></value>"
        for each, default in choices
    )
    definition = f"<valueSetDefinition><sorted>false</sorted>{values}</valueSetDefinition>"
    return f"<type>Picklist</type><valueSet>{definition}</valueSet>"


NUMBER = "<type>Number</type>"


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        (a_field("<type>Text</type>"), "Must specify 'length' for a CustomField of type Text"),
        (a_field("<length>256</length><type>Text</type>"), "The length of a Text field can be no more than 255"),
        (a_field("<length>9</length><type>Date</type>"), "Can not specify 'length' for a CustomField of type Date"),
        (a_field("<type>Date</type><unique>true</unique>"), "Can not specify 'unique' for a CustomField of type Date"),
        (a_field("<externalId>true</externalId><type>Date</type>"), "Can not specify 'externalId' for a CustomField"),
        (a_field(f"<precision>19</precision><scale>2</scale>{NUMBER}"), "The precision can be no more than 18"),
        (a_field(f"<precision>2</precision><scale>5</scale>{NUMBER}"), "The scale can be no more than the precision"),
        (a_field("<type>Date</type>", label="N" * 41), "Value too long for field: Label maximum length is:40"),
        (a_field("<type>Date</type>", label=""), "Must specify a non-empty label for the CustomField"),
        (a_field("<type>Date</type>", name="My Note__c"), "The Field Name field can only contain underscores"),
        (a_field("<type>Date</type>", name="My__Note__c"), "The Field Name field can only contain underscores and"),
        (a_field("<type>Picklist</type>"), "Must specify 'valueSet' for a CustomField of type Picklist"),
        (a_field(a_picklist(("A", "true"), ("a", "false"))), "Duplicate picklist value: a"),
        (a_field(a_picklist(("A", "true"), ("B", "true"))), "Only one picklist value can be the default"),
        (a_field("<displayFormat>N-{00</displayFormat><type>AutoNumber</type>"), "The display format must hold one"),
        (a_field("<referenceTo>Foo__c</referenceTo><type>Lookup</type>"), "referenceTo value of 'Foo__c' does not"),
        (a_field("<formula>NOSUCH(Name)</formula><type>Text</type>"), "Unknown function NOSUCH. Check spelling."),
        (a_field("<type>Date</type>", name="Paid__c"), "Payment__c.Paid__c stands in this file twice"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_refused_with_the_reason(
    bare: Client, field: str, problem: str
) -> None:
    file = "objects/Payment__c.object"
    text = shipped()[file].replace("</CustomObject>", field)
    told = deploy(bare, {**shipped(), file: text})
    assert told["status"] == "Failed"
    kind, name, said = failures(told)[0]
    assert kind == "CustomField"
    assert name.startswith("Payment__c.")
    assert said.startswith(problem)
    assert bare.org.schema.find("Payment__c") is None


def test_a_detail_has_no_sharing_of_its_own(bare: Client) -> None:
    file = "objects/Payment__c.object"
    text = shipped()[file].replace("ControlledByParent", "ReadWrite")
    kind, name, said = failures(deploy(bare, {**shipped(), file: text}))[0]
    assert (kind, name) == ("CustomObject", "Payment__c")
    assert said.startswith(
        "Cannot set sharingModel to ReadWrite on a CustomObject with a MasterDetail"
    )


def test_a_complaint_tells_line_and_column(bare: Client) -> None:
    text = shipped()[INVOICE].replace("<type>Url</type>", "<type>Link</type>")
    failed = deploy(bare, {**shipped(), INVOICE: text})["details"]["componentFailures"][0]
    lines = text.splitlines()
    line = next(n for n, each in enumerate(lines, 1) if "<type>Link</type>" in each)
    assert (failed["lineNumber"], failed["columnNumber"]) == (
        line,
        lines[line - 1].index("<type>") + 1,
    )
    assert (failed["fileName"], failed["problemType"]) == (INVOICE, "Error")


def test_without_rollback_what_is_right_is_deployed(bare: Client) -> None:
    text = shipped()[INTEGRATION].replace("Account.Finance_Email__c", "Account.Email__c")
    told = deploy(bare, {**shipped(), INTEGRATION: text}, rollbackOnError=False)
    assert told["status"] == "SucceededPartial"
    assert bare.org.schema.find("Invoice__c") is not None
    places = [path.partition("/")[2] for path in shipped() if path.startswith("permissionsets/")]
    whole = {each.removesuffix(".permissionset").lower() for each in places}
    assert set(bare.org.schema.permission_sets) == whole - {"finance_sync_integration"}


def test_what_depends_on_a_broken_component_fails_with_it(bare: Client) -> None:
    text = shipped()["flows/Sync_Invoice_with_Xero.flow"].replace("Requested_At__c", "Asked__c")
    told = deploy(bare, {**shipped(), "flows/Sync_Invoice_with_Xero.flow": text})
    assert [(kind, name) for kind, name, _ in failures(told)] == [
        ("Flow", "Sync_Invoice_with_Xero"),
        ("QuickAction", "Invoice__c.Sync_with_Xero"),
        ("Layout", "Invoice__c-Invoice Layout"),
    ]


def test_destructive_changes_delete_unless_something_needs_it(client: Client) -> None:
    def deleting(kind: str, name: str) -> dict[str, Any]:
        files = {
            "package.xml": package_xml({}),
            "destructiveChanges.xml": package_xml({kind: [name]}),
        }
        return deploy(client, files)

    refused = deleting("CustomField", "Payment__c.Payment_Amount__c")
    assert refused["status"] == "Failed"
    assert client.org.schema.get("Payment__c").find("Payment_Amount__c") is not None
    assert deleting("CustomField", "Payment__c.Reference__c")["status"] == "Succeeded"
    assert client.org.schema.get("Payment__c").find("Reference__c") is None


def test_an_archive_that_is_none_fails_as_a_whole(bare: Client) -> None:
    told = deploy(bare, b"no zip at all")
    assert (told["status"], told["details"]["componentFailures"]) == ("Failed", [])
    assert "not a valid zip" in told["errorMessage"]
    assert deploy(bare, zipped({"a.txt": ""}))["errorMessage"] == "No package.xml found"


def test_only_an_administrator_may_deploy(clock: Clock) -> None:
    bound = SalesforceOrg(clock, metadata=METADATA, permission_set="Finance_Sync_Integration")
    response = post(Client(bound), zipped(shipped()))
    assert (response.status, response.json()[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")


def test_deployments_need_parts_and_known_ids(bare: Client) -> None:
    refused = bare.refused("POST", "metadata/deployRequest", {"deployOptions": {}})
    assert (refused["status"], refused["errorCode"]) == (415, "INVALID_CONTENT_TYPE")
    assert bare.call("GET", "metadata/deployRequest/0Af5g0000000009AAA").status == 404


def test_deploying_by_soap_is_refused_in_words(bare: Client) -> None:
    response = bare.raw("POST", "/services/Soap/m/63.0", b"<x/>", {"content-type": "text/xml"})
    assert response.status == 500
    assert b"SF_ORG_METADATA_REST_DEPLOY=true" in response.body


def test_a_reset_empties_the_org_and_leaves_its_setup(bare: Client) -> None:
    deploy(bare, shipped())
    bare.create("Invoice__c")
    bare.org.reset()
    bare.token = bare.sign_in().json()["access_token"]
    assert bare.records("SELECT Name FROM Invoice__c") == []


def test_what_the_sf_command_line_asks_before_it_deploys(bare: Client) -> None:
    assert bare.call("GET", "tooling/sobjects/SourceMember/describe").status == 404
    asked = bare.query("SELECT Id FROM ScratchOrgInfo limit 1")
    assert asked[0]["errorCode"] == "INVALID_TYPE"
    told = bare.records("SELECT Name, InstanceName, IsSandbox, OrganizationType FROM Organization")
    assert told[0]["IsSandbox"] is False
