"""Merkle trees and consistency (RFC 6962 section 2.1), built leaf by leaf."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """Give the hash of a leaf's data."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash of a node above two."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows at its right edge, known by its perfect subtrees alone.

    `frontier` holds their roots from left to right: one for each bit set in `size`.
    """

    def __init__(self, size: int = 0, frontier: Sequence[bytes] = ()) -> None:
        if len(frontier) != size.bit_count():
            raise ValueError(f"{len(frontier)} subtrees do not make a tree of {size} leaves")
        self.size = size
        self.frontier = list(frontier)

    def add(self, node: bytes, width: int = 1) -> None:
        """Append a leaf by its hash, or a perfect subtree of so many leaves by its root.

        The size so far has to be a multiple of the width.
        """
        trailing = self.size // width
        while trailing & 1:
            node = node_hash(self.frontier.pop(), node)
            trailing >>= 1
        self.frontier.append(node)
        self.size += width

    def joined(self, right: "Tree") -> "Tree":
        """Give the tree of these leaves and those of another; its widest subtree has to fit here."""
        tree = Tree(self.size, self.frontier)
        widths = (1 << bit for bit in reversed(range(right.size.bit_length())))
        subtrees = (width for width in widths if right.size & width)
        for node, width in zip(right.frontier, subtrees, strict=True):
            tree.add(node, width)
        return tree

    def root(self) -> bytes:
        """Give the tree's root; `EMPTY_ROOT` without leaves."""
        if not self.frontier:
            return EMPTY_ROOT
        node = self.frontier[-1]
        for left in reversed(self.frontier[:-1]):
            node = node_hash(left, node)
        return node


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Give the audit path of a leaf, nearest sibling first (section 2.1.1)."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_path(leaves[:split], index), root_of(leaves[split:])]
    return [*inclusion_path(leaves[split:], index - split), root_of(leaves[:split])]


def inclusion_paths(
    leaves: Iterable[bytes], size: int, indexes: Collection[int]
) -> dict[int, list[bytes]]:
    """Give the audit paths of several leaves, as `inclusion_path` does, in one walk over all leaves.

    Args:
        leaves: their hashes, in order; they are not kept.
        size: how many there are.
        indexes: whose paths are wanted.
    """
    heights = range((size - 1).bit_length())
    wanted = {(height, (index >> height) ^ 1) for index in indexes for height in heights}
    nodes: dict[tuple[int, int], bytes] = {}
    frontier: list[bytes] = []
    for index, leaf in enumerate(leaves):
        node, height, place = leaf, 0, index
        while True:
            if (height, place) in wanted:
                nodes[height, place] = node
            if not place & 1:
                break
            node, height, place = node_hash(frontier.pop(), node), height + 1, place >> 1
        frontier.append(node)
    nodes.update(_edge(frontier, size))
    return {
        index: [
            nodes[height, (index >> height) ^ 1]
            for height in heights
            if (height, (index >> height) ^ 1) in nodes
        ]
        for index in indexes
    }


def _edge(frontier: Sequence[bytes], size: int) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Give the nodes at the right edge that are no perfect subtrees, each with height and place."""
    rest = list(frontier)
    node: bytes | None = None
    for height in range(size.bit_length()):
        if size >> height & 1:
            left = rest.pop()
            node = left if node is None else node_hash(left, node)
        if node is not None:
            yield (height + 1, size >> (height + 1)), node


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Give the root over leaf hashes."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Give the root that a leaf and its audit path lead to (RFC 9162 section 2.1.3.2).

    Returns:
        The root; None when the path does not fit the index and size.
    """
    if index >= size:
        return None
    node, last = leaf, size - 1
    for sibling in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            node = node_hash(sibling, node)
            while not index & 1 and index:
                index >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        index >>= 1
        last >>= 1
    return node if last == 0 else None


def _split(size: int) -> int:
    """Give the largest power of two smaller than a size above one."""
    return 1 << (size - 1).bit_length() - 1
