"""Facts: ledgers, population, streets and outlines of a county, read and checked.

GDAL opens whatever a file says it is, not what its name says: a virtual dataset named ``.geojson`` may read other files of the computer.
So all drivers but a few are switched off here, before pyogrio or rasterio register them; the names stand in ``gdal_drivers.txt``,
written by ``layers/gdal_drivers.py``.
"""

from __future__ import annotations

import os
import sys
from importlib import resources

GDAL_DRIVERS = frozenset({"GTiff", "GPKG", "SQLite", "ESRI Shapefile", "GeoJSON", "MEM", "Memory"})


def check_gdal() -> None:
    """Make sure that no driver beyond :data:`GDAL_DRIVERS` can open a file.

    Raises
    ------
    PlanningError
        When pyogrio or rasterio knows more: it was imported before Buju, or is a build with drivers that ``gdal_drivers.txt`` does not name.
    """
    more = (_drivers_of_pyogrio() | _drivers_of_rasterio()) - GDAL_DRIVERS
    if more:
        from layers.errors import PlanningError

        raise PlanningError("gdal.more_drivers", drivers=", ".join(sorted(more)[:5]), count=len(more))


def _drivers_of_pyogrio() -> set[str]:
    if "pyogrio" not in sys.modules:
        return set()
    import pyogrio

    return set(pyogrio.list_drivers())


def _drivers_of_rasterio() -> set[str]:
    if "rasterio" not in sys.modules:
        return set()
    import rasterio

    with rasterio.Env() as env:
        return set(env.drivers())


def _restrict_gdal() -> None:
    known = resources.files(__name__).joinpath("gdal_drivers.txt").read_text("utf-8").splitlines()
    os.environ["GDAL_SKIP"] = ",".join(name for name in known if name and not name.startswith("#") and name not in GDAL_DRIVERS)
    os.environ["GDAL_DRIVER_PATH"] = "disable"  # no plugins beside the library
    # A file may name an address; should a check miss one, the request goes to a port of this computer where nobody listens.
    os.environ["GDAL_HTTP_PROXY"] = os.environ["GDAL_HTTPS_PROXY"] = "http://127.0.0.1:9"
    os.environ["PROJ_NETWORK"] = "OFF"
    # Each build lacks some of the names and says so on stderr; pyogrio and rasterio raise real errors by their own means.
    os.environ.setdefault("CPL_LOG", os.devnull)
    check_gdal()


_restrict_gdal()
