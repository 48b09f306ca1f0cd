"""Run Buju on a computer that has only Python: ``python run.py --help``.

This file keeps to words that any Python 3 understands, so that one that is too old is told so; the work is done in ``planning/installation/``.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "需要 Python 3.11 或更高版本，本机是 %d.%d：请先安装新版 Python，再用它运行 run.py。\n"
        "Python 3.11 or newer is needed and this one is %d.%d: install a newer Python and run run.py with it."
        % (sys.version_info[:2] + sys.version_info[:2])
    )

from planning.installation.commands import main

if __name__ == "__main__":
    sys.exit(main())
