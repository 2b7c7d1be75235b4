"""`python -m factlab` is the command `factlab`."""

from factlab.cli import main

main()
