"""``python -m planning``: the command ``buju``."""

from planning.cli import main

if __name__ == "__main__":
    main()
