"""What a command's exit code means. The same for every command, and part of its help page."""

from enum import IntEnum


class Exit(IntEnum):
    """0 to 4; 2 is what click itself uses."""

    OK = 0
    MISTAKES = 1
    USAGE = 2
    NOT_RUNNING = 3
    FAILED = 4


MEANINGS = {
    Exit.OK: "done",
    Exit.MISTAKES: "mistakes or damage found; they are listed",
    Exit.USAGE: "the command was not written right",
    Exit.NOT_RUNNING: "the gateway is not running",
    Exit.FAILED: "it could not be done; the reason is told",
}

EPILOGUE = "Exit codes: " + " · ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items())
