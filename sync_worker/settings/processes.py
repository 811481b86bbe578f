"""What a bookkeeper decides about each process, and when it runs."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from sync_worker.domain.money import LineAmountTypes
from sync_worker.domain.rules import Point
from sync_worker.settings.rooms import Room, Seconds


class Schedule(Room):
    """When a process runs: every so many seconds, or by a cron line in the connection's time zone."""

    every_s: Seconds | None = Field(300, description="Seconds between runs.")
    cron: str | None = Field(None, description='Cron line instead, e.g. "0 6-20 * * mon-fri".')


def _check_template(template: str) -> None:
    try:
        template.format(description="", item="", code="", service_date="")
    except (KeyError, IndexError, ValueError) as wrong:
        msg = f"line_template knows {{description}}, {{item}}, {{code}} and {{service_date}} only ({wrong})"
        raise ValueError(msg) from None


class Invoices(Room):
    schedule: Schedule = Field(default_factory=Schedule, description="When invoices are sent.")
    numbering: Literal["xero", "crm"] = Field(
        "xero",
        description="Who numbers: Xero (a draft first, then completed) or the CRM (one step; the number is the fence).",
    )
    status: Literal["DRAFT", "SUBMITTED", "AUTHORISED"] = Field(
        "AUTHORISED", description="The status an invoice ends in."
    )
    sent_to_contact: bool = Field(
        False, description="Mark approved invoices as sent to the contact."
    )
    line_amount_types: LineAmountTypes = Field(
        LineAmountTypes.INCLUSIVE,
        description="How the CRM's rates stand to tax: Exclusive, Inclusive or NoTax.",
    )
    account_code: str | None = Field(
        "200",
        description="Account for lines whose support item names none; leave empty to hold such lines.",
    )
    tax_type: str = Field(
        "GST Free Income",
        description="Tax for lines whose support item names none: a Xero label or code.",
    )
    due_days: int = Field(14, ge=0, description="Days to pay where the CRM gives no due date.")
    line_template: str = Field(
        "{description}",
        description="A line's wording; knows {description}, {item}, {code} and {service_date}.",
    )
    branding_theme: str = Field("", description="Name of a branding theme in Xero.")
    tracking: dict[str, str] = Field(
        default_factory=dict,
        description="Tracking put on every line: category name = option name; two at the most.",
    )
    start_date: date | None = Field(
        None, description="Cut-over: invoices dated before are left alone."
    )
    ready_status: tuple[str, ...] = Field(
        (),
        description="Only invoices in one of these statuses are due; empty means any but Cancelled.",
    )
    ready_funding: tuple[str, ...] = Field(
        (), description="Only these funding types are due; empty means all."
    )
    debtor_by_funding: dict[str, Literal["participant", "plan_manager"]] = Field(
        default_factory=dict,
        description='Who owes, by funding type, e.g. "Plan-Managed" = "plan_manager"; default the participant.',
    )
    same_name: Literal["hold", "suffix"] = Field(
        "hold",
        description="A new contact whose name is taken: hold the invoice, or add the end of its number to the name.",
    )
    batch: int = Field(50, ge=1, le=50, description="Documents in one call to Xero.")
    request_poll_s: Seconds = Field(
        60,
        description="Seconds between looks for invoices somebody asked for on the CRM record; 0 waits for the run.",
    )

    @model_validator(mode="after")
    def _template_is_known(self) -> Invoices:
        _check_template(self.line_template)
        return self

    @model_validator(mode="after")
    def _two_trackings(self) -> Invoices:
        if len(self.tracking) > 2:
            msg = "tracking names more than two categories; Xero takes two"
            raise ValueError(msg)
        return self


class Bills(Room):
    schedule: Schedule = Field(default_factory=Schedule, description="When bills are sent.")
    publish: tuple[Point, ...] = Field(
        (Point.MILESTONE_APPROVED,),
        min_length=1,
        description="When a milestone's bill goes to Xero: `milestone-approved`; with `contract-executed`, as a draft "
        "already when its contract is signed. With the latter alone all bills stay drafts.",
    )
    status: Literal["SUBMITTED", "AUTHORISED"] = Field(
        "AUTHORISED", description="The status the bill of an approved milestone ends in."
    )
    line_amount_types: LineAmountTypes = Field(
        LineAmountTypes.INCLUSIVE,
        description="How a milestone's amount stands to tax: Exclusive, Inclusive or NoTax.",
    )
    account_code: str | None = Field(
        None,
        description="Account of bills whose funding category names none; without it such bills are held.",
    )
    tax_type: str = Field("GST Free Expenses", description="Tax of bills: a Xero label or code.")
    due_days: int = Field(14, ge=0, description="Days to pay, from the date of the bill.")
    line_template: str = Field(
        "{description}",
        description="Its wording; knows {description} (the milestone's title) and {item} (its funding category).",
    )
    tracking_category: str = Field(
        "",
        description="Tracking category in Xero whose options are the funding categories; a missing option is made.",
    )
    tracking: dict[str, str] = Field(
        default_factory=dict,
        description="Tracking put on every bill: category name = option name; two at the most, tracking_category "
        "counted in.",
    )
    attach_audit: bool = Field(
        True,
        description="Attach a PDF to each bill that says who approved what, and for whom; needs the scope "
        "accounting.attachments.",
    )
    attach_files: bool = Field(
        True,
        description="Attach the files of the milestone, such as the applicant's invoice, to its bill; the same scope.",
    )
    start_date: date | None = Field(
        None, description="Cut-over: milestones dated before are left alone."
    )
    mail_payments: bool = Field(
        False,
        description="Tell the applicant by e-mail of each payment of a milestone; needs a mail server.",
    )
    same_name: Literal["hold", "suffix"] = Field(
        "hold",
        description="A new contact whose name is taken: hold the bill, or add the end of its number to the name.",
    )
    batch: int = Field(50, ge=1, le=50, description="Documents in one call to Xero.")
    request_poll_s: Seconds = Field(
        60,
        description="Seconds between looks for milestones somebody asked for on the CRM record; 0 waits for the run.",
    )

    @model_validator(mode="after")
    def _template_is_known(self) -> Bills:
        _check_template(self.line_template)
        return self

    @model_validator(mode="after")
    def _two_trackings(self) -> Bills:
        if len({*self.tracking, *filter(None, [self.tracking_category])}) > 2:
            msg = "tracking and tracking_category name more than two categories; Xero takes two"
            raise ValueError(msg)
        return self


class Payments(Room):
    schedule: Schedule = Field(default_factory=Schedule, description="When payments are fetched.")
    overlap_s: Seconds = Field(
        300,
        description="How far each poll looks back behind the last one, for payments that show late.",
    )
    write_status: bool = Field(
        True,
        description="Write the invoice's Status from what is paid; switch off where the CRM's own automation does.",
    )
    rollup: Literal["native", "worker"] = Field(
        "native",
        description="`worker` recomputes the totals where Payment hangs by a lookup and the CRM cannot.",
    )
    stripe_days: int = Field(
        5,
        ge=0,
        description="A Xero payment this near to a Stripe payment of the same amount is the same money.",
    )


class Hourly(Schedule):
    every_s: Seconds | None = Field(3600, description="Seconds between runs.")


class Verify(Room):
    schedule: Hourly = Field(
        default_factory=Hourly, description="When what was synced is looked at again."
    )
    recent_hours: int = Field(
        48, ge=1, description="How far each look goes back, on both sides, behind the last change."
    )
    all_every_days: int = Field(
        7, ge=1, description="How often everything is looked at: one Xero call per 1,000 documents."
    )
