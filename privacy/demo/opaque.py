"""Small files of formats that need a reader of their own: PDF, DOCX, PNG, mail."""

from __future__ import annotations

import struct
import zlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from xml.sax.saxutils import escape

from privacy.demo.archives import zipped
from privacy.demo.people import Person

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def pdf(lines: tuple[str, ...]) -> bytes:
    """One page with these lines, in Latin-1."""
    text = "".join(f"({_pdf_text(line)}) Tj T* " for line in lines).encode("cp1252", "replace")
    stream = b"BT /F1 11 Tf 14 TL 60 780 Td " + text + b"ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    out, starts = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    index = b"".join(b"%010d 00000 n \n" % start for start in starts)
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, index, len(objects) + 1, len(out))
    )


def docx(paragraphs: tuple[str, ...]) -> bytes:
    """A document of Word with these paragraphs."""
    body = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>' for text in paragraphs)
    kinds, relations = (
        f"http://schemas.openxmlformats.org/package/2006/{name}" for name in ("content-types", "relationships")
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    return zipped(
        {
            "[Content_Types].xml": f'{_XML}<Types xmlns="{kinds}"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{_WORD}"/></Types>',
            "_rels/.rels": f'{_XML}<Relationships xmlns="{relations}">'
            f'<Relationship Id="rId1" Type="{office}" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f"{_XML}<w:document xmlns:w="
            f'"http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>',
        }
    )


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""
    rows = b"".join(b"\0" + b"\x2e\x8b\x57" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def mail(sender: Person, to: str, subject: str, text: str) -> bytes:
    """A message as a mail program saves it."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(sender.name, addr_spec=sender.email)
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = "Tue, 03 Jun 2025 09:14:00 +0200"
    message["Message-ID"] = f"<20250603.0914.{sender.username}@{sender.email.partition('@')[2]}>"
    message.set_content(text, cte="quoted-printable")
    return message.as_bytes()


def _pdf_text(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
