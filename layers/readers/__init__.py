"""Reading a county's folder: files in, frozen facts and findings out."""

from layers.readers.county import read_county
from layers.readers.proposal import CountyProposal, propose_county
from layers.readers.schema import parse_county_toml, read_county_toml

__all__ = ["CountyProposal", "parse_county_toml", "propose_county", "read_county", "read_county_toml"]
