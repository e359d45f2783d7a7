"""``python -m tests.benchmarks PART …``; without a part the road. Parts are the table below."""

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
    "dashboard": "tests.benchmarks.dashboard",
}

if __name__ == "__main__":
    words = sys.argv[1:] or ["road"]
    if words[0] not in PARTS:
        words = ["road", *words]
    importlib.import_module(PARTS[words[0]]).main(words[1:])
