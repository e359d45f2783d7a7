"""``python -m simulators COMMAND …``: programs of a city without hardware. Each is imported only when it is called."""

import sys
from importlib import import_module

SUBCOMMANDS = {
    "replay": "simulators.replay",
    "score": "simulators.score",
    "simulate": "simulators.simulate",
}
"""Command → module; each module has ``main(argv) -> exit code``. To add a program, add a row."""


def main(argv: list[str]) -> int:
    """Hand the rest of the command line to the program that it names."""
    if not argv or argv[0] not in SUBCOMMANDS:
        asked_for_help = bool(argv) and argv[0] in ("-h", "--help")
        out = sys.stdout if asked_for_help else sys.stderr
        if argv and not asked_for_help:
            print(f"{argv[0]}: unknown command", file=out)
        print(f"usage: python -m simulators {{{','.join(SUBCOMMANDS)}}} …", file=out)
        return 0 if asked_for_help else 2
    code: int = import_module(SUBCOMMANDS[argv[0]]).main(argv[1:])
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
