"""Where the files of ``deploy/`` are: beside the rooms in a checkout, inside the wheel when installed."""

from pathlib import Path


def deploy_dir() -> Path:
    """The folder with samples, units and server configurations. Raises FileNotFoundError in a broken installation."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_deploy", here.parent / "deploy"):
        if (folder / "samples").is_dir():
            return folder
    raise FileNotFoundError("citygate was installed without its deploy files; install it again from the wheel")
