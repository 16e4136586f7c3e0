"""The command line's entry: `grpolog` and `python -m grpolog`."""

import sys

from grpolog.cli import cli
from grpolog.errors import GrpologError


def main() -> None:
    """Run the command line.

    A user's error is one line on stderr and exit code 2; anything else that escapes is a bug and tracebacks.
    """
    try:
        cli(prog_name="grpolog")
    except GrpologError as error:
        line = str(error).replace("\n", "\\n").replace("\r", "\\r")
        print(f"grpolog: {line}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
