"""Which program this is: the version of the package, and a digest of the sources that run. Pure Python.

What is frozen says what computed it, the same from a clone and from an installed package. Who has the sources finds the
digest again beside `app`: `find app -name '*.py' | LC_ALL=C sort | xargs sha256sum | sha256sum`.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

VERSION: Final = "0.1.0"
"""That of pyproject.toml, which an installed package does not have beside it."""
_DIGITS: Final = 12


@cache
def code_version() -> str:
    """Return the version, `+`, and the first 12 hexadecimal digits of the digest of the sources."""
    here = Path(__file__).parent
    named = {path.relative_to(here.parent).as_posix(): path for path in here.rglob("*.py")}
    lines = (f"{sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in sorted(named.items()))
    return f"{VERSION}+{sha256(''.join(lines).encode()).hexdigest()[:_DIGITS]}"
