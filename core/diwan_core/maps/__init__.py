"""Maps without the internet: outlines of countries kept on the node, and places drawn on them as SVG (ADR 39)."""
