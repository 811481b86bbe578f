"""A document as one printed page: a small but whole PDF, the same bytes for the same document."""

from __future__ import annotations

from collections.abc import Iterable

from sync_worker.sandbox.http import Response
from sync_worker.sandbox.xero.call import Call

TYPE = "application/pdf"


def wanted(call: Call) -> bool:
    return TYPE in call.request.headers.get("accept", "").lower()


def page(*lines: str) -> Response:
    return Response(200, {"Content-Type": TYPE}, drawn(lines))


def drawn(lines: Iterable[str]) -> bytes:
    """One A4 page with a line of text each (ISO 32000-1, the least a reader needs)."""
    shown = b"".join(b"(%s) Tj 0 -24 Td " % _escaped(line) for line in lines)
    text = b"BT /F1 14 Tf 72 770 Td " + shown + b"ET"
    fonts = b"/Resources << /Font << /F1 5 0 R >> >>"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %s >>" % fonts,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    )


def _escaped(line: str) -> bytes:
    plain = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return plain.encode("latin-1", "replace")
