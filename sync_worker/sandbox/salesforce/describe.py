"""What the org tells about its objects: the list of them, each in short, and each with all its fields."""

from __future__ import annotations

from typing import Any

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.salesforce.answers import answer
from sync_worker.sandbox.salesforce.call import Call, Routes
from sync_worker.sandbox.salesforce.records import create
from sync_worker.sandbox.salesforce.schema import NUMBER_TYPES, Child, Field, SObject


def describe_global(call: Call) -> Response:
    if _is_known(call):
        return Response(304)
    access = call.org.access
    visible = [each for each in call.org.schema.objects.values() if access.may("read", each)]
    return answer(
        {
            "encoding": "UTF-8",
            "maxBatchSize": 200,
            "sobjects": [
                _summary(call, each) for each in sorted(visible, key=lambda each: each.name)
            ],
        }
    )


def describe_briefly(call: Call) -> Response:
    return answer({"objectDescribe": _summary(call, call.sobject()), "recentItems": []})


def describe(call: Call) -> Response:
    sobject = call.sobject()
    if _is_known(call):
        return Response(304)
    readable = call.org.access.may_read
    return answer(
        {
            **_summary(call, sobject),
            "actionOverrides": [],
            "childRelationships": [_child(each) for each in sobject.children],
            "compactLayoutable": True,
            "fields": [
                _field(call, sobject, each) for each in sobject.fields if readable(sobject, each)
            ],
            "listviewable": None,
            "lookupLayoutable": None,
            "namedLayoutInfos": [],
            "networkScopeFieldName": None,
            "recordTypeInfos": [
                {
                    "active": True,
                    "available": True,
                    "defaultRecordTypeMapping": True,
                    "developerName": "Master",
                    "master": True,
                    "name": "Master",
                    "recordTypeId": "012000000000000AAA",
                    "urls": {
                        "layout": f"{call.base}/sobjects/{sobject.name}/describe/layouts/012000000000000AAA"
                    },
                }
            ],
            "searchLayoutable": True,
            "supportedScopes": [{"label": f"All {sobject.plural.lower()}", "name": "everything"}],
        }
    )


ROUTES: Routes = {
    "sobjects": {"GET": describe_global},
    "sobjects/{}": {"GET": describe_briefly, "POST": create},
    "sobjects/{}/describe": {"GET": describe},
}


def _is_known(call: Call) -> bool:
    """Whether the client's copy is as new as the schema."""
    since = call.header_date("if-modified-since")
    return since is not None and since >= call.org.set_up_at.replace(microsecond=0)


def _summary(call: Call, sobject: SObject) -> dict[str, Any]:
    may, url = call.org.access.may, f"{call.base}/sobjects/{sobject.name}"
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": may("create", sobject),
        "custom": sobject.custom,
        "customSetting": False,
        "deepCloneable": False,
        "deletable": may("delete", sobject),
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": sobject.prefix,
        "label": sobject.label,
        "labelPlural": sobject.plural,
        "layoutable": True,
        "mergeable": sobject.name in ("Account", "Contact"),
        "mruEnabled": True,
        "name": sobject.name,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchable": True,
        "triggerable": True,
        "undeletable": may("delete", sobject),
        "updateable": may("edit", sobject),
        "urls": {
            "sobject": url,
            "describe": f"{url}/describe",
            "rowTemplate": f"{url}/{{ID}}",
        },
    }


def _child(child: Child) -> dict[str, Any]:
    return {
        "cascadeDelete": child.field.delete_constraint == "Cascade",
        "childSObject": child.sobject.name,
        "deprecatedAndHidden": False,
        "field": child.field.name,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": child.field.children_name,
        "restrictedDelete": child.field.delete_constraint == "Restrict",
    }


def _field(call: Call, sobject: SObject, field: Field) -> dict[str, Any]:
    editable = call.org.access.may_edit(sobject, field)
    number = field.type in NUMBER_TYPES
    return {
        "aggregatable": field.aggregatable,
        "aiPredictionField": False,
        "autoNumber": field.auto_number is not None,
        "byteLength": 0
        if number or field.type in ("boolean", "date", "datetime")
        else field.length * 3,
        "calculated": field.calculated,
        "calculatedFormula": field.formula_text if field.custom else None,
        "cascadeDelete": field.master,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": _compound(field),
        "controllerName": None,
        "createable": field.createable and editable,
        "custom": field.custom,
        "defaultValue": field.default if field.type == "boolean" else None,
        "defaultValueFormula": None,
        "defaultedOnCreate": field.default is not None
        or field.system
        or field.auto_number is not None,
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": 0,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": field.external_id,
        "extraTypeInfo": "plaintextarea" if field.long_text else None,
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": field.formula is not None and number,
        "groupable": field.groupable,
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": field.external_id or field.name == "Id",
        "inlineHelpText": field.help_text,
        "label": field.label,
        "length": field.length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.name_field,
        "namePointing": len(field.reference_to) > 1,
        "nillable": not (
            field.required or field.system or field.name_field or field.type == "boolean"
        ),
        "permissionable": not (field.system or field.required or field.name_field or field.master),
        "picklistValues": [
            {
                "active": True,
                "defaultValue": each.default,
                "label": each.label,
                "validFor": None,
                "value": each.name,
            }
            for each in field.picklist
        ],
        "polymorphicForeignKey": len(field.reference_to) > 1,
        "precision": field.precision,
        "queryByDistance": False,
        "referenceTargetField": None,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship,
        "relationshipOrder": 0 if field.master else None,
        "restrictedDelete": field.delete_constraint == "Restrict",
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "searchPrefilterable": field.type == "reference",
        "soapType": _SOAP.get(field.type, "xsd:string"),
        "sortable": field.filterable,
        "type": field.type,
        "unique": field.unique,
        "updateable": field.updateable and editable and field.reparentable,
        "writeRequiresMasterRead": False,
    }


_SOAP = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "base64": "xsd:base64Binary",
    "boolean": "xsd:boolean",
    "address": "urn:address",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    **dict.fromkeys(NUMBER_TYPES, "xsd:double"),
}


def _compound(field: Field) -> str | None:
    if field.name in ("FirstName", "LastName"):
        return "Name"
    heads = [head for head in ("Billing", "Mailing") if field.name.startswith(head)]
    return f"{heads[0]}Address" if heads and not field.address else None
