"""A whole pilot rehearsed on this machine: a simulated city through the gateway, scored against what was true."""
