"""Charts as SVG text: plain values in, markup out, nothing else needed to see them."""

from grpolog.report.charts.draw import chart, swatch
from grpolog.report.charts.lanes import lane, lane_axis
from grpolog.report.charts.sparkline import blocks, sparkline
from grpolog.report.charts.table import table

__all__ = ["blocks", "chart", "lane", "lane_axis", "sparkline", "swatch", "table"]
