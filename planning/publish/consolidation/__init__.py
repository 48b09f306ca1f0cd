"""Publishing a consolidation: what becomes of each home and who moves where, as plate, map, tables and GeoPackage.

Entry points, all fed by one :class:`~planning.publish.consolidation.paper.ConsolidationSheet`::

    plate.render(paper, formats)     html_page.page(paper)     tables.workbook(paper)     layers.content(paper)

The same sheet gives the same bytes.
"""

from planning.publish.consolidation.paper import ConsolidationSheet

__all__ = ["ConsolidationSheet"]
