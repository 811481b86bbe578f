"""From the settings to the mail box: what is set is what is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_worker import wiring
from sync_worker.domain.errors import Misconfigured
from sync_worker.domain.letter import Sent
from sync_worker.settings import Settings
from tests.daemon.processes import a_sandbox
from tests.notify.test_templates import NOTICE


def test_without_a_mail_server_there_is_no_way_to_send(tmp_path: Path) -> None:
    with wiring.opened(Settings.model_validate({"journal": {"path": tmp_path / "j.db"}})) as app:
        assert app.mail() is None


def test_a_folder_of_letters_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    tables = {
        "journal": {"path": tmp_path / "j.db"},
        "mail": {"templates": tmp_path / "leters"},
    }
    with (
        wiring.opened(Settings.model_validate(tables)) as app,
        pytest.raises(Misconfigured, match=r"mail\.templates names .*leters', which is no folder"),
    ):
        app.templates()


@pytest.mark.usefixtures("socket_enabled")
def test_a_letter_goes_from_its_template_to_the_sandboxs_mail_box(tmp_path: Path) -> None:
    (tmp_path / "payment.txt").write_text("Subject: Kia ora\n\nPaid on {{ paid_on | day }}.\n")
    with a_sandbox() as sandbox:
        host, port = sandbox.mail_address
        mail = {"host": host, "port": port, "tls": "none", "sender": "grants@kea.example"}
        tables = {
            "journal": {"path": tmp_path / "journal.db"},
            "mail": mail | {"templates": tmp_path},
        }
        with wiring.opened(Settings.model_validate(tables)) as app:
            way = app.mail()
            assert way is not None
            assert isinstance(way.send(app.templates().payment(NOTICE)), Sent)
        (kept,) = sandbox.control.mailbox.messages()
    assert (kept["subject"], kept["sender"]) == ("Kia ora", "grants@kea.example")
    assert str(kept["plain"]).strip() == "Paid on 5 March 2026."
