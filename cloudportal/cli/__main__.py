"""``python -m cloudportal.cli`` is the command."""

from cloudportal.cli.main import main

main()
