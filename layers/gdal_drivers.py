"""Write ``layers/gdal_drivers.txt``: every GDAL driver known to the installed wheels and to other builds.

Run ``python -m layers.gdal_drivers`` after pyogrio or rasterio is raised to a new version.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TARGET = Path(__file__).parent / "gdal_drivers.txt"
# Drivers that the wheels leave out and that system packages, conda or QGIS bring.
ELSEWHERE = """
AeronavFAA, ARG, Arrow, AVIF, BASISU, BNA, CAD, COASP, DB2ODBC, DDS, DGNV8, DODS, DWG, E00GRID, ECW, EPSILON, EXR, FileGDB, FITS, Geoconcept,
Geomedia, GEOR, GeoRaster, GFT, GMLAS, GPSTrackMaker, GRASS, HANA, HDF4, HDF4Image, HEIF, HTF, IDB, IDRISI, INGRES, Interlis 1, Interlis 2,
IRIS, JP2ECW, JP2KAK, JP2Lura, JP2MrSID, JPEG2000, JPEGLS, JPEGXL, JPIPKAK, KEA, KTX2, LIBERTIFF, MG4Lidar, MongoDBv3, MrSID, MSG,
MSSQLSpatial, MySQL, NAS, NULL, OCI, ODBC, OGDI, OGR_DODS, OGR_GMT, OGR_OGDI, OGR_SDTS, OpenAir, OpenJPEG, Parquet, PGeo, PNG, PostGISRaster,
PostgreSQL, RASDAMAN, RCM, RDA, RDB, REC, SDE, SEGUKOOA, SEGY, SOSI, SUA, SVG, TIGER, TileDB, UK .NTF, VRT, Walk, XLS, XODR, XPlane
"""
LIST = (
    "import pyogrio, rasterio, rasterio.env\nnames = set(pyogrio.list_drivers())\nwith rasterio.Env() as env: names |= set(env.drivers())\n"
    "print('\\n'.join(names))"
)


def main() -> None:
    """List the drivers in a fresh interpreter that knows nothing of Buju, and write them."""
    free = {key: value for key, value in os.environ.items() if not key.startswith("GDAL_")}  # importing this module has set GDAL_SKIP
    listed = subprocess.run([sys.executable, "-c", LIST], check=True, capture_output=True, text=True, env=free).stdout.split("\n")
    names = sorted({*(name.strip() for name in ELSEWHERE.split(",")), *(name for name in listed if name)}, key=str.lower)
    head = "# GDAL driver names, one a line; written by layers/gdal_drivers.py"
    TARGET.write_text("\n".join([head, *names]) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    main()
