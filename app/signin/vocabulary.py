"""What is wrong with a password: a closed set."""

from enum import StrEnum


class PasswordFault(StrEnum):
    """Why a password is not taken; no rule asks for kinds of characters (NIST SP 800-63B, OWASP)."""

    too_short = "too_short"
    too_long = "too_long"
    common = "common"
    holds_name = "holds_name"
