"""Which release this is."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("citygate")
except PackageNotFoundError:  # a checkout that was never installed
    VERSION = "0+checkout"
