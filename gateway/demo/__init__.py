"""``citygate demo``: broker, simulated street, gateway and a live screen, on a machine that has nothing else.

Three child processes on loopback: the broker (iotcore), the gateway (``citygate run``) and the simulator. The demo
itself only starts them, reads the gateway's store, draws, and ends them by their process ids.
"""
