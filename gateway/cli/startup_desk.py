"""What every command of ``citygate startup`` needs: the broker's folder, the pilots, the accounts on record."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.cli.exits import Exit
from gateway.cli.options import now, open_config
from gateway.cli.screen import fail, mistakes_end_the_command
from gateway.files.mistakes import ConfigError, errors_of
from gateway.files.pilots import Pilot, load_pilots
from gateway.startups.accounts import AccountError, Accounts, one_command_at_a_time, read_accounts, write_accounts
from gateway.startups.holding import Held, hold, readable_filters
from gateway.startups.keys_file import write_keys_file


class Desk:
    """Opened from citygate.toml; mistakes in the files end the command."""

    def __init__(self, config_path: Path | None) -> None:
        config = open_config(config_path)
        with mistakes_end_the_command():
            self.pilots = _pilots(config.gateway.pilots_dir)
        self.folder = config.broker_dir
        self._keys_file = config.keys_file
        self.readable = readable_filters(config.gateway.city, self.pilots)

    def read(self) -> Accounts:
        """The accounts, to look at."""
        with self._ends_the_command():
            return read_accounts(self.folder)

    @contextlib.contextmanager
    def changing(self) -> Iterator[Accounts]:
        """The accounts, to change: one command at a time. What cannot be done ends the command."""
        with self._ends_the_command(), one_command_at_a_time(self.folder):
            yield read_accounts(self.folder)

    def hold(self, accounts: Accounts, fresh: Mapping[str, str] | None = None) -> Held:
        """Put them on record, then have them hold at the broker and for downloads: ``apply`` mends what fails there.

        Raises AccountError, OSError.
        """
        write_accounts(self.folder, accounts)
        try:
            return hold(self.folder, accounts, now().date(), self.readable, fresh)
        finally:  # a key that is void must not wait for a broker that cannot be told
            if self._keys_file is not None:
                write_keys_file(self._keys_file, accounts)

    @contextlib.contextmanager
    def _ends_the_command(self) -> Iterator[None]:
        try:
            yield
        except AccountError as error:
            fail(Exit.FAILED, str(error), error.mend)
        except PermissionError as error:
            fail(
                Exit.FAILED,
                f"{error.filename}: {error.strerror}",
                "Run this as who owns the folder, with sudo if root.",
            )
        except OSError as error:
            mend = f"Is {self.folder} the broker's folder? Made by: citygate broker setup {self.folder} --for startups"
            fail(Exit.FAILED, f"{error.filename}: {error.strerror}", mend)


def _pilots(folder: Path) -> Mapping[str, Pilot]:
    """Pilots alone: a mistake in a list of devices must not keep an account from being revoked. Raises ConfigError."""
    pilots, mistakes = load_pilots(folder)
    if errors_of(mistakes):
        raise ConfigError(mistakes)
    return pilots
