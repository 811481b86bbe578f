"""What the signed-in user may see and change: everything for an administrator, else what a permission set says."""

from __future__ import annotations

from sync_worker.sandbox.salesforce import files
from sync_worker.sandbox.salesforce.schema import Field, PermissionSet, SObject

_ALWAYS_OPEN = frozenset({"organization", "user"})


class Access:
    """Object and field permissions of one user. Without a permission set the user is a system administrator.

    Files are not named in permission sets: who sees a record sees its files, and everybody may add some.
    """

    def __init__(
        self, permission_set: PermissionSet | None, custom: frozenset[str] = frozenset()
    ) -> None:
        self._set = permission_set
        granted = permission_set.custom if permission_set else frozenset()
        self.custom_permissions = custom | granted

    @property
    def administers(self) -> bool:
        return self._set is None

    def may(self, verb: str, sobject: SObject) -> bool:
        """`verb` is read, create, edit or delete."""
        if self._set is None:
            return sobject.writable or verb == "read"
        if sobject.name.lower() in _ALWAYS_OPEN:
            return verb == "read"
        if sobject.name.lower() in files.OBJECTS:
            return sobject.writable or verb == "read"
        return verb in self._set.objects.get(sobject.name.lower(), frozenset())

    def may_read(self, sobject: SObject, field: Field) -> bool:
        if self._set is None or self._has_no_permission_of_its_own(sobject, field):
            return True
        return self._permission(sobject, field)[0]

    def may_edit(self, sobject: SObject, field: Field) -> bool:
        if self._set is None or self._has_no_permission_of_its_own(sobject, field):
            return True
        return self._permission(sobject, field)[1]

    def _has_no_permission_of_its_own(self, sobject: SObject, field: Field) -> bool:
        """System, name, required and master-detail fields follow their object."""
        return (
            field.system
            or field.name_field
            or field.required
            or field.name in ("FirstName", "LastName")
            or sobject.name.lower() in _ALWAYS_OPEN | files.OBJECTS
        )

    def _permission(self, sobject: SObject, field: Field) -> tuple[bool, bool]:
        if self._set is None:
            return True, True
        names = [field.name, *_address_of(field.name)]
        keys = (f"{sobject.name}.{name}".lower() for name in names)
        return next(
            (self._set.fields[key] for key in keys if key in self._set.fields), (False, False)
        )


def _address_of(name: str) -> list[str]:
    """The compound field that carries the permission of an address part: BillingCity goes by BillingAddress."""
    return [
        f"{head}Address"
        for head in ("Billing", "Mailing")
        if name.startswith(head) and name[len(head) :] != "Address"
    ]
