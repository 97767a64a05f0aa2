"""Transfer of snapshots: import, export, copies, and decoding again; each a function of an open store."""

from workbench.store.transfer.copying import copy_to
from workbench.store.transfer.exporting import export_records
from workbench.store.transfer.importing import Imported, import_file, import_rows
from workbench.store.transfer.redecoding import redecode

__all__ = ["Imported", "copy_to", "export_records", "import_file", "import_rows", "redecode"]
