"""What ``run.py`` does before anything is installed: standard library only, but for :mod:`planning.installation.bundle`, which runs inside the environment."""
