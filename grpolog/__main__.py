"""The command line's entry: `grpolog` and `python -m grpolog`."""

import gc
import sys


def main() -> None:
    """Run the command line.

    A user's error is one line on stderr and exit code 2; anything else that escapes is a bug and tracebacks.
    """
    try:
        from grpolog.cli import cli  # here, as Ctrl-C may come while it is imported
        from grpolog.errors import GrpologError
    except KeyboardInterrupt:
        sys.exit(130)
    try:
        cli(prog_name="grpolog")
    except GrpologError as error:
        from grpolog.report.text import visible

        line = visible(str(error).replace("\n", "\\n").replace("\r", "\\r"))
        print(f"grpolog: {line}", file=sys.stderr)
        sys.exit(2)
    finally:
        gc.freeze()  # the interpreter looks for garbage once more when it ends: a fifth of a short verb's time


if __name__ == "__main__":
    main()
