"""Merging snapshots that several hosts took of their own stores and logs.

The merged snapshot links or copies their parts under new names; each host's address directory is the
same, as intended, so that it is taken once.
"""

import os
from collections.abc import Sequence

from postwarden.durable.service import link_file, replace_text
from postwarden.evidence.errors import BrokenSnapshot
from postwarden.evidence.mailboxes import read_mailboxes
from postwarden.evidence.manifest import Manifest
from postwarden.evidence.settings import MANIFEST, Scope
from postwarden.evidence.snapshots import check_parts, create, new_name, parts_of, read_manifest
from postwarden.vocabulary import Moment

_DIRECTORY = ("directory/", "entries/")


def merge(root: str, sources: Sequence[str], now: Moment) -> Manifest:
    """Merge finished snapshots into a new one, which expires when the first of them does.

    Args:
        root: folder of the snapshots; the merged one is made there.
        sources: names below `root`, or paths of snapshot folders brought from other hosts.
        now: the time of merging.

    Raises:
        NoSnapshot: one of them is not there.
        BrokenSnapshot: one is damaged, or their directories were not the same.
    """
    folders = [_folder(root, source) for source in sources]
    manifests = [read_manifest(folder) for folder in folders]
    covered: set[str] = set()
    for folder, manifest in zip(folders, manifests, strict=True):
        check_parts(folder, manifest)
        boxes = read_mailboxes(folder)
        if not covered.isdisjoint(boxes):
            raise BrokenSnapshot(
                f"{folder}: holds mailboxes that an earlier one holds too; merge one of each host"
            )
        covered.update(boxes)
        if manifest.directories != manifests[0].directories:
            raise BrokenSnapshot(f"{folder}: was taken with other [[directories]]; scan it again")
    name = new_name(root, now)
    target = create(root, name)
    for number, (folder, manifest) in enumerate(zip(folders, manifests, strict=True)):
        for part in manifest.parts:
            if number and part.name.startswith(_DIRECTORY):
                continue
            table, _, file = part.name.partition("/")
            link_file(os.path.join(folder, part.name), f"{target}/{table}/{number}-{file}")
    merged = _manifest(name, target, manifests, now)
    replace_text(os.path.join(target, MANIFEST), merged.to_json())
    return merged


def _folder(root: str, source: str) -> str:
    return source if os.path.isdir(source) else os.path.join(root, os.path.basename(source))


def _manifest(name: str, folder: str, manifests: Sequence[Manifest], now: Moment) -> Manifest:
    accounts = [manifest.scope.accounts for manifest in manifests]
    since = [manifest.scope.since for manifest in manifests]
    return Manifest(
        name=name,
        provider=manifests[0].provider,
        purpose="; ".join(dict.fromkeys(manifest.purpose for manifest in manifests)),
        scope=Scope(
            tuple(sorted({a for some in accounts for a in some})) if all(accounts) else (),
            min((s for s in since if s is not None), default=None) if None not in since else None,
        ),
        taken=min(manifest.taken for manifest in manifests),
        finished=now,
        expires=min(manifest.expires for manifest in manifests),
        content_hash=all(manifest.content_hash for manifest in manifests),
        directories=manifests[0].directories,
        parts=tuple(parts_of(folder)),
        merged=tuple(manifest.name for manifest in manifests),
    )
