"""Knowledge of devices: catalogue, declarative layouts, vendors."""
