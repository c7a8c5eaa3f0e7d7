"""Answers that nobody means well: what they are made of, and how many are tried.

The examples are derandomized, so that each run tries the same ones.
"""

import string
import sys

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

LIMITS = {"app_name": 40, "description": 200, "author_name": 100, "author_email": 100}
HARMLESS = {
    "app_name": "my-app",
    "description": "A harmless description.",
    "author_name": "Ada Lovelace",
    "author_email": "ada@example.org",
}
# What quotes, escapes, comments, tags, substitutions, other scripts and special words are made of.
FRAGMENTS = [
    *("'", '"', '"""', "\\", "\\n", '\\"', "\n", "\r\n", "\t", "\0", "\x1b[31m", "\x7f", "\x85"),
    *("\u2028", "\u2029", "\ud800", "\udfff", "\ufeff", "\uffff", "\u200b", "\u00a0", " ", "  "),
    *("🐍", "👩‍🔬", "ünï", "e\u0301", "שלום", "مرحبا", "\u200f", "\u202e", "\u2066", "\u2069"),
    *("{{ 1 + 1 }}", "{{", "}}", "{% raw %}", "{% set", "{# no #}", "{#", "%}"),
    *("$(id)", "${HOME}", "$$", "$", "`id`", "$(shell id)", "; id", "&& id", "| id", "!", "%(a)s"),
    *("#", " # ", "<<<<<<< ", ">>>>>>> ", "=======", "<!--", "-->", "```", "---", "[a]: b", "](b)"),
    *("null", "true", "1e3", "0x1f", "~", "- x", "key: value", "@x", "!!python/object:os", "&a"),
    *("*a", "? a", "|", ">", ",", ":", ";", "<eve@example.org>", "(", ")", "[", "]"),
    *("=?utf-8?q?a?=", "Ada", "Author: Eve", "%s", "x" * 200, "x" * 10_000),
]
PIECES = st.sampled_from(FRAGMENTS)
SEVERAL = st.lists(PIECES, max_size=6).map("".join)
UNSEEN = st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]).map("Ada{}L".format)
TEXT = st.one_of(PIECES, SEVERAL, PIECES.map("Ada {} L".format), UNSEEN, st.text(st.characters()))
ADDRESSES = st.one_of(
    TEXT,
    PIECES.map("{}@example.org".format),
    PIECES.map("ada@example.org{}".format),
    st.emails(),
    st.text(string.ascii_letters + "!#$%&'*+/=?^_`{|}~.-", max_size=20).map(
        "{}@example.org".format
    ),
)
NAMES = st.one_of(
    TEXT,
    PIECES.map("my-app{}".format),
    st.from_regex(r"[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9}){0,3}", fullmatch=True),
    st.text(string.ascii_lowercase + string.digits + "-_.", min_size=1, max_size=42),
    st.sampled_from(sorted(sys.stdlib_module_names)),
)
HOSTILE = {"app_name": NAMES, "description": TEXT, "author_name": TEXT, "author_email": ADDRESSES}


def examples(number: int) -> settings:
    """How many are tried, the same ones each time."""
    return settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # to shrink a project takes minutes
        suppress_health_check=list(HealthCheck),
    )
