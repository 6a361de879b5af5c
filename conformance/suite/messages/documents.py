"""A picture and documents to send, generated here, so that no server and no file is needed."""

from __future__ import annotations

import base64
from typing import Any

Json = dict[str, Any]
# A PNG of one pixel: what it shows does not matter where a picture is to be refused.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def picture(*, media_type: str = "image/png", data: str = PIXEL) -> Json:
    """Return the block of a picture."""
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def document(text: str, *, media_type: str = "text/plain", **fields: Any) -> Json:
    """Return the block of a document of plain text."""
    return {"type": "document", "source": {"type": "text", "media_type": media_type, "data": text}, **fields}


def pdf_document(text: str) -> Json:
    """Return the block of a PDF with one line of text."""
    data = base64.b64encode(pdf(text)).decode()
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}


def pdf(text: str) -> bytes:
    """Return a PDF with one page and one line of text, which has no parentheses."""
    line = f"BT /F1 18 Tf 36 100 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 200] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(line), line),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    written, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, rows)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(written))
    return written + table + trailer
