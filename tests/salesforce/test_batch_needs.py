"""check: what an org must have where milestones are paid by batches."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.office import ABA
from tests.world import METADATA, World, a_world

OBJECTS = Path("force-app/main/default/objects")


def problems(world: World) -> list[str]:
    """Of batches and bank accounts."""
    found = (one.problem for one in world.app.checks("main"))
    ours = ("Payment_Batch", "Bank_")
    return [one.removeprefix("Salesforce: ") for one in found if any(name in one for name in ours)]


def a_grant_maker(**org: object) -> World:
    return a_world(org=org, sends=("bills",), bank=ABA)


def test_the_permission_set_that_we_ship_is_enough_to_pay_by_batches() -> None:
    assert problems(a_grant_maker(permission_set="Finance_Grants_Integration")) == []


def test_a_missing_bank_field_and_a_key_that_lets_a_second_batch_in_are_named(
    tmp_path: Path,
) -> None:
    schema = tmp_path / "salesforce"
    shutil.copytree(METADATA, schema)
    shutil.rmtree(schema / "force-app/main/default/layouts")
    (schema / OBJECTS / "Account/fields/Bank_BSB__c.field-meta.xml").unlink()
    key = schema / OBJECTS / "Payment_Batch__c/fields/Batch_Key__c.field-meta.xml"
    key.write_text(key.read_text().replace("<unique>true</unique>", "<unique>false</unique>"))
    assert problems(a_grant_maker(metadata=schema)) == [
        "Payment_Batch__c.Batch_Key__c is not a unique external id",
        "the field Account.Bank_BSB__c is missing or hidden from this user",
    ]
    without_batches = a_world(org={"metadata": schema}, sends=("bills",))
    assert problems(without_batches) == []
