"""The app: ``python run.py app``."""

from planning.app.main import main

main()
