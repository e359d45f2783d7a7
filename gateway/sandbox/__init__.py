"""``citygate sandbox``: a simulated city behind the same topics and accounts as a real one, to build on.

    simulator ─▶ broker (inner port) ─▶ gateway ─▶ the same broker ─▶ port for start-ups, with accounts

Every program is a child of the command, on loopback, and ended by its process id; every file is in one folder.
"""
