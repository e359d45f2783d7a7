"""``python -m tests.benchmarks [road | stages | writes | local-sinks | open-topics | codecs | analytics] …``."""

import importlib
import sys

PARTS = {
    "road": "tests.benchmarks.road",
    "stages": "tests.benchmarks.stages",
    "writes": "tests.benchmarks.writes",
    "local-sinks": "tests.benchmarks.local_sinks",
    "open-topics": "tests.benchmarks.open_topics",
    "codecs": "tests.benchmarks.codecs",
    "analytics": "tests.benchmarks.analytics",
}

if __name__ == "__main__":
    words = sys.argv[1:] or ["road"]
    if words[0] not in PARTS:
        words = ["road", *words]
    importlib.import_module(PARTS[words[0]]).main(words[1:])
