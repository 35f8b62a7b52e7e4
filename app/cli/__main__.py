"""`python -m app.cli` is `maraude`."""

from app.cli import main

main()
