"""Pages as a browser without scripts reads them."""

from __future__ import annotations

import re
from html import unescape


def text(html):
    """What is to be read on a page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html))).strip()


def rows(html):
    return re.findall(r'<tr class="(?!poll)[^"]*">.*?</tr>', html, re.DOTALL)
