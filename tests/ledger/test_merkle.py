"""RFC 6962 trees: known roots, and proofs of every leaf of every small tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postwarden.ledger.merkle import (
    EMPTY_ROOT,
    Tree,
    inclusion_path,
    inclusion_paths,
    leaf_hash,
    node_hash,
    root_from_path,
    root_of,
)

# Leaves and roots as the Certificate Transparency project publishes them for this algorithm.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_standard(size):
    assert root_of(leaf_hash(leaf) for leaf in LEAVES[:size]).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert Tree().root() == EMPTY_ROOT
    assert EMPTY_ROOT.hex().startswith("e3b0c44298fc1c14")


def recursive(leaves):
    """The definition of section 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(recursive(leaves[:split]), recursive(leaves[split:]))


hashes = st.lists(st.binary(min_size=1, max_size=3).map(leaf_hash), min_size=1, max_size=70)


@given(hashes)
def test_growing_gives_the_root_of_the_definition(leaves):
    assert root_of(leaves) == recursive(leaves)


@given(hashes, st.integers(min_value=0))
def test_a_tree_goes_on_from_its_frontier(leaves, cut):
    cut %= len(leaves) + 1
    begun = Tree()
    for leaf in leaves[:cut]:
        begun.add(leaf)
    resumed = Tree(begun.size, begun.frontier)
    for leaf in leaves[cut:]:
        resumed.add(leaf)
    assert resumed.root() == root_of(leaves)


def test_a_frontier_must_fit_its_size():
    with pytest.raises(ValueError, match="do not make a tree"):
        Tree(3, [b"x" * 32])


@given(hashes, st.integers(min_value=0), st.data())
def test_a_path_proves_its_leaf_and_no_other(leaves, index, data):
    index %= len(leaves)
    path, root = inclusion_path(leaves, index), root_of(leaves)
    assert root_from_path(leaves[index], index, len(leaves), path) == root
    assert root_from_path(leaf_hash(b"another"), index, len(leaves), path) != root
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        changed = [*path[:place], leaf_hash(b"changed"), *path[place + 1 :]]
        assert root_from_path(leaves[index], index, len(leaves), changed) != root
        assert root_from_path(leaves[index], index, len(leaves), path[:-1]) != root
    assert root_from_path(leaves[index], len(leaves), len(leaves), path) is None


@given(count=st.integers(1, 70), data=st.data())
def test_paths_of_several_leaves_are_those_of_each(count, data):
    leaves = [leaf_hash(bytes([number])) for number in range(count)]
    chosen = data.draw(st.sets(st.integers(0, count - 1)))
    paths = inclusion_paths(iter(leaves), count, chosen)
    assert paths == {index: inclusion_path(leaves, index) for index in chosen}


@given(hashes, st.integers(0, 6))
def test_a_tree_joined_of_two_is_that_of_all_leaves(leaves, height):
    split = min(len(leaves), len(leaves) >> height << height)
    left, right = Tree(), Tree()
    for leaf in leaves[:split]:
        left.add(leaf)
    for leaf in leaves[split:]:
        right.add(leaf)
    joined = left.joined(right)
    assert (joined.size, joined.root()) == (len(leaves), root_of(leaves))
    assert left.size == split
