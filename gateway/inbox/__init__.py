"""The inbox: devices that speak and that nobody has written down yet. README.md tells its laws."""
