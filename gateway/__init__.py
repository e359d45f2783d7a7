"""The gateway: everything that waits, opens or sends. Read ingest.py, refine.py and deliver.py first."""
