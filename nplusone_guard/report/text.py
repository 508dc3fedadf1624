"""Text from outside, made harmless for whoever shows it."""

from __future__ import annotations

#: C0 and C1 controls, direction marks, line and paragraph separators, lone surrogates.
_UNSAFE = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        *(0x061C, 0x200E, 0x200F, 0x2028, 0x2029),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    )
}


def safe(text: str) -> str:
    """Text with each character that steers a terminal, or that no encoding has, made visible."""
    return text.translate(_UNSAFE)
