"""Files that people write: pilots, devices, and the lists of devices that vendors and cities send.

Laws
- Every mistake of every file is found at once, each with its place, what is wrong and how to mend it.
- Nothing half-read comes into force: either all files are good, or the ones in force stay whole.
- What an operator wrote (order, comments, blank lines) survives every rewrite.
"""

from gateway.files.load import Files, Profiles

__all__ = ["Files", "Profiles"]
