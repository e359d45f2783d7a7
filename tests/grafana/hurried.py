"""``citygate`` as it is, but it reports of itself each second: it lives weeks of a city within a minute."""

import sys

from gateway import self_report
from gateway.cli.main import main

self_report.FIRST_AFTER_S = self_report.EVERY_S = 1.0

if __name__ == "__main__":
    sys.exit(main())
