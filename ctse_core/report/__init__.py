"""An analysis becomes what people take away: one HTML file, a workbook, CSV and Parquet tables."""

from ctse_core.report.analysis_like import AnalysisLike
from ctse_core.report.cells import disarmed
from ctse_core.report.dictionary import DATA_DICTIONARY, Entry, dictionary_table
from ctse_core.report.method import CAVEATS, edit_rows, service_rows
from ctse_core.report.write import FORMATS, REPORT_FILES, write_report

__all__ = [
    "CAVEATS",
    "DATA_DICTIONARY",
    "FORMATS",
    "REPORT_FILES",
    "AnalysisLike",
    "Entry",
    "dictionary_table",
    "disarmed",
    "edit_rows",
    "service_rows",
    "write_report",
]
