# ruff: noqa: E501  a table: one row a line
"""How endpoints misbehave: for each way an answer, the failure it is, and the verdict that a careful reader would give.

No evidence is inconclusive: what never ends or is too large says nothing about a parameter.  A whole reply that no client could use
is broken, which deviates from a claim that the parameter is accepted.  So does a reply that breaks off, cannot be decoded or is no
HTTP: each of these requests meets it, while the plain request in between is answered, so it is no outage.
"""

import gzip
import json
import zlib
from dataclasses import dataclass

from tests.support.hostile_endpoint import EVENTS, GOOD, JSON, Answer, Wire

BOMB = 64 * 1024 * 1024  # bytes that a bomb swells to


@dataclass(frozen=True)
class Row:
    """One way: `failure` of the exchange (None: a whole reply), verdict on top_p; `slow` ones need the time limit."""

    answer: Answer
    failure: str | None
    verdict: str
    stream: bool = False
    slow: bool = False
    also: tuple[str, ...] = ()  # failures that it may be as well, by how packets fall


def answer(body: bytes | str, *headers: str, status: int = 200, kind: str = JSON) -> Answer:
    """A whole answer with this body."""
    sent = body.encode() if isinstance(body, str) else body
    return lambda wire: wire.answer(sent, *headers, status=status, kind=kind)


def raw(*pieces: bytes) -> Answer:
    """These bytes, and the connection is closed."""

    def send(wire: Wire) -> None:
        wire.send(b"".join(pieces))
        raise ConnectionError

    return send


def forever(start: bytes, data: bytes, every: float = 0.0) -> Answer:
    """A start, and then the same without end."""

    def send(wire: Wire) -> None:
        wire.send(start)
        wire.forever(data, every)

    return send


def silent(start: bytes) -> Answer:
    """A start, and then nothing."""

    def send(wire: Wire) -> None:
        wire.send(start)
        wire.silent()

    return send


def reset(start: bytes) -> Answer:
    """A start, and the connection is broken."""

    def send(wire: Wire) -> None:
        wire.send(start)
        wire.reset()

    return send


def head(*lines: str, status: str = "HTTP/1.1 200 OK") -> bytes:
    return "\r\n".join([status, *lines, "", ""]).encode("latin-1")


def with_text(text: str) -> bytes:
    """A good answer with other text, whose characters are sent as they are."""
    told = json.loads(GOOD)
    told["choices"][0]["message"]["content"] = text
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")


def with_usage(number: str) -> bytes:
    """A good answer whose usage holds a number spelt like this."""
    return GOOD.replace(b'"total_tokens": 6', f'"total_tokens": {number}'.encode())


def bomb() -> bytes:
    """Few bytes that swell when they are unpacked."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(BOMB >> 20)) + packer.flush()


def chunks(count: int) -> bytes:
    """A stream of so many chunks, one letter each."""
    each = {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "a"}}]}
    return f"data: {json.dumps(each)}\n\n".encode() * count + b"data: [DONE]\n\n"


def early_hints(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 20)
    wire.answer(GOOD)


def late_and_gone(wire: Wire) -> None:
    wire.answer(GOOD)
    raise ConnectionError


PLAIN = head(JSON, "connection: close")
LONG = head(JSON, f"content-length: {10 * 1024**3}")
CHUNKED = head(JSON, "transfer-encoding: chunked")
STREAM = head(EVENTS, "transfer-encoding: chunked")
CHUNK = b"data: {}\n\n"
PIECE = b"%x\r\n%s\r\n" % (len(CHUNK) * 1000, CHUNK * 1000)
NOTHING, BROKEN, FINE = "inconclusive", "deviates", "conforms"
DEEP = "[" * 100_000 + "]" * 100_000

ROWS: dict[str, Row] = {
    # what never ends
    "endless stream": Row(forever(STREAM, PIECE), "too large", NOTHING, stream=True),
    "endless body without a length": Row(forever(PLAIN, b"a" * 65536), "too large", NOTHING),
    "10 GB body": Row(forever(LONG, b"a" * 65536), "too large", NOTHING),
    "one byte now and then": Row(forever(PLAIN, b"a", 0.05), "timeout", NOTHING, slow=True),
    "a stream of comments now and then": Row(forever(STREAM, b"3\r\n:\n\n\r\n", 0.05), "timeout", NOTHING, stream=True, slow=True),
    "headers and silence": Row(silent(head(JSON, "content-length: 10")), "timeout", NOTHING, slow=True),
    "silence": Row(silent(b""), "timeout", NOTHING, slow=True),
    "headers that drip": Row(forever(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", 0.05), "timeout", NOTHING, slow=True),
    "endless interim replies": Row(forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 0.01), "timeout", NOTHING, slow=True),
    "half a chunk and silence": Row(silent(CHUNKED + b"ff\r\nhalf"), "timeout", NOTHING, slow=True),
    # what is too large
    "a header of 10 MB": Row(raw(b"HTTP/1.1 200 OK\r\na: ", b"b" * 10_000_000, b"\r\n\r\n", GOOD), "too large", NOTHING),
    "a million headers": Row(raw(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 1_000_000, b"\r\n"), "too large", NOTHING),
    "a thousand headers": Row(answer(GOOD, *[f"x-{n}: {n}" for n in range(1000)]), "too large", NOTHING),
    "a flood of cookies": Row(answer(GOOD, *[f"set-cookie: c{n}={'x' * 80}" for n in range(400)]), "too large", NOTHING),
    "an event of 100 MB": Row(forever(STREAM + b"6400000\r\ndata: ", b"a" * 65536), "too large", NOTHING, stream=True),
    "a million events": Row(answer(b"data: 1\n\n" * 1_000_000, kind=EVENTS), "too large", NOTHING, stream=True),
    "a body of a million values": Row(answer(b"[" + b"[]," * 1_300_000 + b"[]]"), "too large", NOTHING),
    "a stream of short lines": Row(answer(b"x\n" * 2_000_000, kind=EVENTS), "too large", NOTHING, stream=True),
    # what is encoded though nothing was asked for
    "gzip": Row(answer(gzip.compress(GOOD), "content-encoding: gzip"), None, FINE),
    "deflate": Row(answer(zlib.compress(GOOD), "content-encoding: deflate"), None, FINE),
    "deflate without its header": Row(answer(zlib.compress(GOOD, wbits=-15), "content-encoding: deflate"), None, FINE),
    "gzip in gzip": Row(answer(gzip.compress(gzip.compress(GOOD)), "content-encoding: gzip, gzip"), None, FINE),
    "a gzip bomb": Row(answer(bomb(), "content-encoding: gzip"), "too large", NOTHING),
    "a gzip bomb in gzip": Row(answer(gzip.compress(bomb()), "content-encoding: gzip, gzip"), "too large", NOTHING),
    "a deflate bomb": Row(answer(zlib.compress(bytes(BOMB), 9), "content-encoding: deflate"), "too large", NOTHING),
    "twenty encodings": Row(answer(GOOD, "content-encoding: " + ", ".join(["gzip"] * 20)), "protocol", BROKEN),
    "gzip that is none": Row(answer(GOOD, "content-encoding: gzip"), "protocol", BROKEN),
    "gzip cut short": Row(answer(gzip.compress(GOOD)[:-12], "content-encoding: gzip"), "protocol", BROKEN),
    "br": Row(answer(GOOD, "content-encoding: br"), "protocol", BROKEN),
    "zstd": Row(answer(GOOD, "content-encoding: zstd"), "protocol", BROKEN),
    # what is odd inside
    "invalid UTF-8": Row(answer(GOOD.replace(b"ready", b"\xff\xfe\xc0")), None, FINE),
    "no text at all": Row(answer(bytes(range(256)) * 40), None, BROKEN),
    "NUL bytes": Row(answer(b"\x00" * 5000), None, BROKEN),
    "NUL in the text": Row(answer(GOOD.replace(b"ready", b"re\\u0000ady")), None, FINE),
    "escapes for a terminal": Row(answer(GOOD.replace(b"ready", b"\\u001b[2J\\u001b]0;x\\u0007")), None, FINE),
    "deep nesting": Row(answer(DEEP), None, BROKEN),
    "deep nesting beside an answer": Row(answer(GOOD[:-1] + f', "x": {DEEP}}}'.encode()), None, BROKEN),
    "900 levels beside an answer": Row(answer(GOOD[:-1] + b', "x": ' + b"[" * 900 + b"]" * 900 + b"}"), None, BROKEN),
    "1e999": Row(answer(with_usage("1e999")), None, FINE),
    "10,000 digits": Row(answer(with_usage("9" * 10_000)), None, FINE),
    "NaN": Row(answer(with_usage("NaN")), None, BROKEN),
    "Infinity": Row(answer(with_usage("-Infinity")), None, BROKEN),
    "duplicate keys": Row(answer(GOOD[:-1] + b', "choices": []}'), None, BROKEN),
    "lone surrogates": Row(answer(GOOD.replace(b"ready", b"\\ud800 \\udfff")), None, FINE),
    "lone surrogates as bytes": Row(answer(with_text("\ud800")), None, FINE),
    "HTML": Row(answer("<!doctype html><p>Welcome", kind="content-type: text/html"), None, BROKEN),
    "an empty answer": Row(answer(b""), None, BROKEN),
    "204 with a body": Row(raw(head(JSON, f"content-length: {len(GOOD)}", status="HTTP/1.1 204 No Content"), GOOD), None, BROKEN),
    "status 999": Row(answer(GOOD, status=999), None, BROKEN),
    "a change of protocol that nobody proposed": Row(raw(head("upgrade: h2c", status="HTTP/1.1 101 Switching Protocols")), "connection", BROKEN),
    "control characters in an error": Row(answer('{"error": {"message": "\\u001b[31m\\u0000 no \\ud800", "code": "\\u202e"}}', status=400), None, BROKEN),
    "an error of 1.5 MB": Row(answer(json.dumps({"error": {"message": "m" * 500_000, "code": "c" * 500_000, "param": "p" * 500_000}}), status=400), None, BROKEN),
    "interim replies before the answer": Row(early_hints, None, FINE),
    "a chunked stream that is fine": Row(answer(chunks(3), kind=EVENTS), None, FINE, stream=True),
    # where it leads elsewhere
    "a redirect to another host": Row(answer(b"", "location: http://127.0.0.1:9/v1/steal", status=307), None, BROKEN),
    "a redirect to itself": Row(answer(b"", "location: /v1/chat/completions", status=308), None, BROKEN),
    # what is broken on its way
    "reset in the body": Row(reset(head(JSON, "content-length: 999") + GOOD), "connection", BROKEN, also=("protocol",)),
    "reset before the answer": Row(reset(b""), "connection", BROKEN),
    "closed without an answer": Row(raw(b""), "connection", BROKEN),
    "a length that is too long": Row(raw(head(JSON, "content-length: 9999"), GOOD), "protocol", BROKEN),
    "a length that is too short": Row(raw(head(JSON, "content-length: 20"), GOOD), None, BROKEN),
    "a negative length": Row(raw(head(JSON, "content-length: -5"), GOOD), "connection", BROKEN),
    "two lengths": Row(raw(head(JSON, "content-length: 5", f"content-length: {len(GOOD)}"), GOOD), "connection", BROKEN),
    "a length and chunks": Row(raw(head(JSON, "content-length: 5", "transfer-encoding: chunked"), b"%x\r\n%s\r\n0\r\n\r\n" % (len(GOOD), GOOD)), None, FINE),
    "a chunk size that is none": Row(raw(CHUNKED, b"zz\r\n", GOOD), "protocol", BROKEN),
    "a chunk size beyond all bounds": Row(raw(CHUNKED, b"f" * 300, b"\r\n", GOOD), "protocol", BROKEN),
    "a chunk longer than its size": Row(raw(CHUNKED, b"3\r\n", GOOD, b"\r\n0\r\n\r\n"), "protocol", BROKEN),
    "chunks that do not end": Row(raw(CHUNKED, b"%x\r\n%s\r\n" % (len(GOOD), GOOD)), "protocol", BROKEN),
    "no HTTP": Row(raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "connection", BROKEN),
    "HTTP/2 frames": Row(raw(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)), "connection", BROKEN),
    "a status of words": Row(raw(b"HTTP/1.1 two hundred\r\n\r\n"), "connection", BROKEN),
    "closed after each answer": Row(late_and_gone, None, FINE),
}  # fmt: skip
