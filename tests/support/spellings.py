"""The ways in which an endpoint may write a key that it repeats."""

import base64
import html
import json
from collections.abc import Callable
from html.entities import html5
from urllib.parse import quote


def every_other(key: str, escape: Callable[[str], str]) -> str:
    """Return the key with every second character escaped."""
    return "".join(escape(char) if number % 2 else char for number, char in enumerate(key))


NAMES = {char: f"&{name}" for name, char in html5.items() if name.endswith(";") and len(char) == 1 and char.isascii()}
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "in capitals": str.upper,
    "in small letters": str.lower,
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64url": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "base64 without padding": lambda key: base64.b64encode(key.encode()).decode().rstrip("="),
    "base64 behind one byte": lambda key: base64.b64encode(f"x{key}yz".encode()).decode(),
    "base64 behind two bytes": lambda key: base64.urlsafe_b64encode(f"xy{key}z".encode()).decode(),
    "base64 behind three bytes": lambda key: base64.b64encode(f"xyz{key}".encode()).decode(),
    "base64 of the whole header": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "base64 in a JSON string": lambda key: base64.b64encode(key.encode()).decode().replace("/", "\\/"),
    "base64 in an address": lambda key: quote(base64.b64encode(key.encode()), safe=""),
    "URL-encoded": lambda key: quote(key, safe=""),
    "URL-encoded in small letters": lambda key: quote(key, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "URL-encoded in part": lambda key: every_other(key, lambda char: f"%{ord(char):02X}"),
    "URL-encoded in full": lambda key: "".join(f"%{ord(char):02x}" for char in key),
    "URL-encoded twice": lambda key: quote(quote(key, safe=""), safe=""),
    "URL-encoded with plus": lambda key: quote(key, safe=" ").replace(" ", "+"),
    "hex": lambda key: key.encode().hex(),
    "hex in capitals": lambda key: key.encode().hex().upper(),
    "a JSON string": lambda key: json.dumps(key),
    "a JSON string with slashes escaped": lambda key: json.dumps(key).replace("/", "\\/"),
    "a JSON string in a JSON string": lambda key: json.dumps(json.dumps(key)),
    "JSON escapes in part": lambda key: every_other(key, lambda char: f"\\u{ord(char):04x}"),
    "JSON escapes in full": lambda key: "".join(f"\\u{ord(char):04X}" for char in key),
    "C escapes": lambda key: "".join(f"\\x{ord(char):02x}" for char in key),
    "HTML": lambda key: html.escape(key),
    "HTML by number": lambda key: "".join(f"&#{ord(char)};" for char in key),
    "HTML by hexadecimal number": lambda key: every_other(key, lambda char: f"&#x{ord(char):x};"),
    "HTML by number without semicolons": lambda key: "".join(f"&#{ord(char)}" for char in key),
    "HTML by hexadecimal number without semicolons": lambda key: "".join(f"&#x{ord(char):x}" for char in key),
    "HTML by name": lambda key: "".join(NAMES.get(char, char) for char in key),
    "octal": lambda key: "".join(f"\\{ord(char):03o}" for char in key),
    "octal in a JSON string": lambda key: json.dumps("".join(f"\\{ord(char):03o}" for char in key))[1:-1],
    "URL-encoded HTML": lambda key: quote("".join(f"&#{ord(char)};" for char in key), safe=""),
    "HTML of percent signs": lambda key: "".join(f"%{ord(char):02x}" for char in key).replace("%", "&#37;"),
    "JSON escapes of percent signs": lambda key: "".join(f"\\u0025{ord(char):02x}" for char in key),
    "a different escape for each character": lambda key: "".join(
        (f"&#{ord(char)};", f"%{ord(char):02X}", f"\\u{ord(char):04x}", f"\\x{ord(char):02x}")[number % 4]
        for number, char in enumerate(key)
    ),
    "UTF-16": lambda key: "\0".join(key),
    "UTF-16 in a JSON string": lambda key: json.dumps("\0".join(key))[1:-1],
    "with characters of no width": lambda key: "\u200b".join(key),
    "with a soft hyphen": lambda key: f"{key[:4]}\u00ad{key[4:]}",
    "with characters of no width in a JSON string": lambda key: json.dumps("\u200d".join(key))[1:-1],
    "with characters of no width in HTML": lambda key: "&#8203;".join(html.escape(char) for char in key),
    "with names of characters of no width": lambda key: "&zwnj;".join(html.escape(char) for char in key),
    "with characters of no width in an address": lambda key: quote("\u200b".join(key), safe=""),
    "hex with colons": lambda key: key.encode().hex(":"),
    "hex with hyphens": lambda key: key.encode().hex("-"),
    "hex with spaces": lambda key: key.encode().hex(" ").upper(),
    "hex with spaces after two bytes": lambda key: key.encode().hex(" ", 2),
    "hex behind 0x": lambda key: ", ".join(f"0x{byte:02x}" for byte in key.encode()),
    "hex behind 0X over lines": lambda key: ",\n  ".join(f"0X{byte:02X}" for byte in key.encode()),
    "hex of UTF-16": lambda key: key.encode("utf-16-le").hex(),
    "a list of bytes": lambda key: json.dumps(list(key.encode())),
    "an indented list of bytes": lambda key: json.dumps(list(key.encode()), indent=4),
    "a list of bytes with spaces": lambda key: " ".join(str(byte) for byte in key.encode()),
    "an object of bytes": lambda key: json.dumps(dict(enumerate(key.encode()))),
    "a list of octal numbers": lambda key: " ".join(f"{byte:o}" for byte in key.encode()),
    "base32": lambda key: base64.b32encode(key.encode()).decode(),
    "base32 in small letters without padding": lambda key: base64.b32encode(key.encode()).decode().lower().rstrip("="),
    "base32 behind three bytes": lambda key: base64.b32encode(f"xyz{key}z".encode()).decode(),
    "base64 twice": lambda key: base64.b64encode(base64.b64encode(key.encode())).decode(),
    "base64 twice inside longer texts": lambda key: base64.b64encode(
        b"x" + base64.urlsafe_b64encode(f"Bearer {key}!".encode())
    ).decode(),
    "base64 of UTF-16": lambda key: base64.b64encode(key.encode("utf-16-le")).decode(),
    "base64 of UTF-16, high byte first": lambda key: base64.b64encode(key.encode("utf-16-be")).decode(),
}
