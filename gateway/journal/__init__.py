"""The Log, used twice: intake and ledger. README.md is the format and its laws."""
