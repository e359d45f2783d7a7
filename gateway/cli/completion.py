"""``citygate completion``."""

import rich_click as click
from click.shell_completion import get_completion_class

from gateway.cli.exits import EPILOGUE

FILES = {
    "bash": "~/.local/share/bash-completion/completions/citygate",
    "zsh": "~/.zfunc/_citygate",
    "fish": "~/.config/fish/completions/citygate.fish",
}


@click.command(epilog=EPILOGUE)
@click.argument("shell", type=click.Choice(sorted(FILES)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that lets the Tab key complete commands and options.

    \b
    Example:
        citygate completion bash > ~/.local/share/bash-completion/completions/citygate

    Then open a new terminal.
    """
    maker = get_completion_class(shell)
    if maker is None:
        ctx.fail(f"click knows no completion for {shell}")
    click.echo(maker(ctx.find_root().command, {}, "citygate", "_CITYGATE_COMPLETE").source())
