"""Writes results as static HTML: one file without scripts and without external resources."""

from workbench.report.page import Section, frame_table, report_page, write_report

__all__ = ["Section", "frame_table", "report_page", "write_report"]
