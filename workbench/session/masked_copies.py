"""Makes a masked copy of a snapshot whose records were stored before the rules that hide parts of them."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError, SnapshotError
from workbench.masking.tables import masked_table
from workbench.session.conventions import topic_decoder
from workbench.session.masking import note_masking, present_policy
from workbench.store.snapshot.schemas import schemas_by_cluster
from workbench.store.snapshot.store import SnapshotStore
from workbench.store.transfer import export_records, import_file

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import pyarrow as pa

    from workbench.model.events.decoding import ValueDecoder


def masked_copy(snapshot: str | os.PathLike[str], copy: str | os.PathLike[str]) -> int:
    """Copy the records of a snapshot, masked by the present rules, into a new file; return their number.

    Schemas that records name are copied as well; samples of lag, plans and journals are not. Masked records, and no
    others, are in a temporary folder beside the copy while it works.

    Args:
        snapshot: The file that holds plain records.
        copy: The file to make.

    Raises:
        ConfigurationError: The settings have no rule.
        SnapshotError: The copy exists already.
    """
    policy = present_policy()
    if policy is None:
        raise ConfigurationError("There is nothing to mask: workbench.toml has no rule in [masking].")
    target = Path(copy)
    if target.exists():
        raise SnapshotError(f"{target} exists already. Give a name for a new file.", path=str(target))
    with (
        SnapshotStore.open(snapshot) as plain,
        tempfile.TemporaryDirectory(prefix=".workbench-mask-", dir=target.absolute().parent) as folder,
    ):
        file = Path(folder) / "masked.parquet"
        export_records(plain, file, change=partial(masked_table, policy=policy, decoder=_decoder(plain)))
        try:
            with SnapshotStore.open(target, write=True) as made:
                note_masking(made)
                decoder = topic_decoder()
                return import_file(made, file, decoder, decoder.with_schemas).records
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def table_mask() -> Callable[[pa.Table], pa.Table] | None:
    """Return what masks the rows of a file that is imported; None without a policy."""
    policy = present_policy()
    return None if policy is None else partial(masked_table, policy=policy, decoder=topic_decoder(as_written=True))


def _decoder(store: SnapshotStore) -> ValueDecoder:
    """Return the decoder of a snapshot's records; the ids of schemas mean the same in one cluster only."""
    decoder = topic_decoder(as_written=True)
    known = list(schemas_by_cluster(store).values())
    return decoder.with_schemas(known[0]) if len(known) == 1 else decoder
