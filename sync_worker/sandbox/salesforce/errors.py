"""The platform's refusals: one table of error code to HTTP status, and the words it uses for the common ones."""

from __future__ import annotations

from typing import Any

HTTP_STATUS = {
    "INVALID_SESSION_ID": 401,
    "INVALID_AUTH_HEADER": 401,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "INSUFFICIENT_ACCESS_OR_READONLY": 403,
    "INSUFFICIENT_ACCESS": 403,
    "NOT_FOUND": 404,
    "ENTITY_IS_DELETED": 404,
    "METHOD_NOT_ALLOWED": 405,
    "GONE": 410,
    "PRECONDITION_FAILED": 412,
    "INVALID_CONTENT_TYPE": 415,
    "UNKNOWN_EXCEPTION": 500,
    "SERVER_UNAVAILABLE": 503,
}

WSDL_ADVICE = " Please reference your WSDL or the describe call for the appropriate names."


class Refused(Exception):
    """One request, or one row of a collection, that the platform will not do."""

    def __init__(
        self, code: str, message: str, fields: list[str] | None = None, status: int | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = fields
        self.status = status or HTTP_STATUS.get(code, 400)

    def as_answer(self) -> dict[str, Any]:
        """As it stands in the body of a refused request. Field names are told only where the platform tells them."""
        body: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            body["fields"] = self.fields
        return body

    def as_row(self) -> dict[str, Any]:
        """As it stands in a collection's result, where the key is statusCode and fields are always there."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields or []}


def not_found() -> Refused:
    return Refused("NOT_FOUND", "The requested resource does not exist")


def method_not_allowed(method: str, allowed: list[str]) -> Refused:
    return Refused(
        "METHOD_NOT_ALLOWED",
        f"HTTP Method '{method}' not allowed. Allowed are {','.join(allowed)}",
    )


def unknown_object(name: str) -> Refused:
    return Refused("INVALID_TYPE", unknown_object_text(name))


def unknown_object_text(name: str) -> str:
    return (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to"
        f" append the '__c' after the entity name.{WSDL_ADVICE}"
    )


def unknown_column_text(name: str, entity: str) -> str:
    return (
        f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to"
        f" append the '__c' after the custom field name.{WSDL_ADVICE}"
    )


def not_writable(names: list[str]) -> Refused:
    return Refused(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field"
        " and verify that it is read/write for your profile or permission set.",
        names,
    )
