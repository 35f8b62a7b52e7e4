"""The `maraude` command without the audit chain behind posts: a switch that only a bench can reach."""

from typing import Any

from app.cli import main
from app.ingest import service


async def _nothing(*_arguments: Any, **_named: Any) -> None:  # noqa: ANN401 - stands for any call
    return


if __name__ == "__main__":
    vars(service)["append"] = _nothing
    main()
