"""What ``citygate check`` looks at beyond the files: the machine, the broker, the far sides. One file each.

Law: a check finds, it never mends and never writes; every wait has a timeout; nothing here raises for what it finds.
"""
