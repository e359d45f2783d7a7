"""The copy of the accounts that the downloads read where the record itself is closed to them: ``keys_file``.

    citygate startup … ─▶ secrets/startups.json (0600) ─▶ keys_file (0640, the folder's group) ─▶ gateway/open_data

The record lies with the broker's secrets, and a sandboxed gateway has no business there. The copy lies in a folder of
its own, whose group the gateway is given (deploy/systemd/README.md).

Laws
- It holds what a key is judged by, and of revoked accounts nothing.
- Mode 0640, group that of its folder, whoever writes it; replaced in one step, so that a reader never sees half of it.
- It is written after every command that changes or applies, also when the broker could not be told.
"""

import stat
from pathlib import Path

from gateway.startups.accounts import AccountError, Accounts, document_of, replace_file

MODE = 0o640
MAKE = "Make it: sudo groupadd --system citygate-keys; sudo install -d -m 2750 -g citygate-keys {folder}"


def write_keys_file(file: Path, accounts: Accounts) -> None:
    """Make the copy. Raises AccountError where its folder is missing or open to all, OSError."""
    folder = file.parent
    try:
        found = folder.stat()
    except FileNotFoundError as error:
        raise AccountError(f"startups.keys_file: there is no folder {folder}", MAKE.format(folder=folder)) from error
    if found.st_mode & stat.S_IWOTH:
        mend = f"Close it: sudo chmod o-w {folder}"
        raise AccountError(f"startups.keys_file: everybody may write in {folder}", mend)
    standing = [account for account in accounts.by_name.values() if account.revoked_at is None]
    replace_file(file, document_of(standing), mode=MODE, group=found.st_gid)
