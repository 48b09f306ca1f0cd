"""What ``run.py`` does before anything is installed: standard library only.

Only :mod:`planning.installation.bundle` runs inside the environment, with its libraries.
"""
