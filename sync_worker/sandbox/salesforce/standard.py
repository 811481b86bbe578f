"""The standard objects every org is born with, as far as a finance integration meets them."""

from __future__ import annotations

from sync_worker.sandbox.salesforce import files
from sync_worker.sandbox.salesforce.schema import Field, PicklistValue, SObject


def standard_objects() -> list[SObject]:
    return [_account(), _contact(), _user(), _organization(), *files.objects(system_fields)]


def system_fields(*, owned: bool = True, restrict: bool = True) -> list[Field]:
    """What the platform keeps on every row by itself. Details of a master have no owner of their own."""
    owner = [_person("OwnerId", "Owner ID", "Owner", writable=True)] if owned else []
    return [
        _fixed("Id", "Record ID", "id", length=18),
        *owner,
        _fixed("IsDeleted", "Deleted", "boolean"),
        _fixed("CreatedDate", "Created Date", "datetime"),
        _person("CreatedById", "Created By ID", "CreatedBy"),
        _fixed("LastModifiedDate", "Last Modified Date", "datetime"),
        _person("LastModifiedById", "Last Modified By ID", "LastModifiedBy"),
        _fixed("SystemModstamp", "System Modstamp", "datetime"),
    ]


def _account() -> SObject:
    kinds = [
        "Prospect",
        "Customer - Direct",
        "Customer - Channel",
        "Channel Partner / Reseller",
        "Installation Partner",
        "Technology Partner",
        "Other",
    ]
    return SObject(
        "Account",
        "Account",
        "Accounts",
        "001",
        fields=[
            *system_fields(),
            Field("Name", "Account Name", "string", 255, required=True, name_field=True),
            Field(
                "Type",
                "Account Type",
                "picklist",
                255,
                picklist=tuple(PicklistValue(kind, kind) for kind in kinds),
            ),
            *_address("Billing", "Billing"),
            Field("Phone", "Account Phone", "phone", 40),
            Field("Website", "Website", "url", 255),
            Field("AccountNumber", "Account Number", "string", 40),
        ],
    )


def _contact() -> SObject:
    return SObject(
        "Contact",
        "Contact",
        "Contacts",
        "003",
        fields=[
            *system_fields(),
            Field(
                "AccountId",
                "Account ID",
                "reference",
                18,
                reference_to=("Account",),
                relationship="Account",
                children_name="Contacts",
                delete_constraint="Cascade",
            ),
            Field("LastName", "Last Name", "string", 80, required=True),
            Field("FirstName", "First Name", "string", 40),
            Field(
                "Name",
                "Full Name",
                "string",
                121,
                name_field=True,
                createable=False,
                updateable=False,
                formula_text="TRIM(FirstName & ' ' & LastName)",
            ),
            *_address("Mailing", "Mailing"),
            Field("Phone", "Business Phone", "phone", 40),
            Field("MobilePhone", "Mobile Phone", "phone", 40),
            Field("Email", "Email", "email", 80),
            Field("Birthdate", "Birthdate", "date"),
        ],
    )


def _user() -> SObject:
    return SObject(
        "User",
        "User",
        "Users",
        "005",
        writable=False,
        fields=[
            *(each for each in system_fields(owned=False) if each.name != "IsDeleted"),
            Field("Username", "Username", "string", 80, required=True),
            Field("LastName", "Last Name", "string", 80, required=True),
            Field("FirstName", "First Name", "string", 40),
            Field("Name", "Full Name", "string", 121, name_field=True),
            Field("Email", "Email", "email", 128),
            Field("Alias", "Alias", "string", 8),
            Field("IsActive", "Active", "boolean"),
            Field("UserType", "User Type", "picklist", 40),
            Field("TimeZoneSidKey", "Time Zone", "picklist", 40),
            Field("LocaleSidKey", "Locale", "picklist", 40),
            Field("LanguageLocaleKey", "Language", "picklist", 40),
        ],
    )


def _organization() -> SObject:
    return SObject(
        "Organization",
        "Organization",
        "Organizations",
        "00D",
        writable=False,
        fields=[
            *(each for each in system_fields(owned=False) if each.name != "IsDeleted"),
            Field("Name", "Name", "string", 80, name_field=True),
            Field("InstanceName", "Instance Name", "string", 5),
            Field("IsSandbox", "Is Sandbox", "boolean"),
            Field("OrganizationType", "Edition", "picklist", 40),
            Field("NamespacePrefix", "Namespace Prefix", "string", 15),
            Field("TrialExpirationDate", "Trial Expiration Date", "datetime"),
            Field("TimeZoneSidKey", "Time Zone", "picklist", 40),
            Field("DefaultLocaleSidKey", "Locale", "picklist", 40),
            Field("LanguageLocaleKey", "Language", "picklist", 40),
        ],
    )


def _address(name: str, label: str) -> list[Field]:
    whole = Field(f"{name}Address", f"{label} Address", "address", address=name)
    whole.createable = whole.updateable = False
    accuracies = ("Address", "NearAddress", "Block", "Street", "ExtendedZip", "Zip", "Unknown")
    return [
        Field(f"{name}Street", f"{label} Street", "textarea", 255),
        Field(f"{name}City", f"{label} City", "string", 40),
        Field(f"{name}State", f"{label} State/Province", "string", 80),
        Field(f"{name}PostalCode", f"{label} Zip/Postal Code", "string", 20),
        Field(f"{name}Country", f"{label} Country", "string", 80),
        Field(f"{name}Latitude", f"{label} Latitude", "double", precision=18, scale=15),
        Field(f"{name}Longitude", f"{label} Longitude", "double", precision=18, scale=15),
        Field(
            f"{name}GeocodeAccuracy",
            f"{label} Geocode Accuracy",
            "picklist",
            40,
            picklist=tuple(PicklistValue(each, each) for each in accuracies),
            restricted=True,
        ),
        whole,
    ]


def _fixed(name: str, label: str, kind: str, length: int = 0) -> Field:
    return Field(name, label, kind, length, createable=False, updateable=False, system=True)


def _person(name: str, label: str, relationship: str, *, writable: bool = False) -> Field:
    return Field(
        name,
        label,
        "reference",
        18,
        reference_to=("User",),
        relationship=relationship,
        createable=writable,
        updateable=writable,
        system=True,
    )
