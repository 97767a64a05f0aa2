"""Static pages of results: one file that loads nothing and runs nothing."""

from workbench.report.page import Section, frame_table, report_page, write_report

__all__ = ["Section", "frame_table", "report_page", "write_report"]
