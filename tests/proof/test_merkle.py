"""Trees against the vectors that Certificate Transparency publishes, and against the words of RFC 9162."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.proof.merkle import (
    EMPTY_ROOT,
    Span,
    consistency,
    grown,
    includes,
    inclusion,
    is_beginning,
    leaf_hash,
    node_hash,
    nodes_of,
    span_hash,
)

ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip

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

INCLUSIONS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

CONSISTENCIES = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}


class Tree:
    """Grown leaf by leaf, or in bigger steps."""

    def __init__(self, *steps):
        self.nodes, self.size = {}, 0
        for entries in steps:
            edge = {node: self.nodes[node] for node in nodes_of(Span(0, self.size))}
            self.nodes |= grown(self.size, edge, map(leaf_hash, entries))
            self.size += len(entries)

    def root(self, size=None):
        return self.hash(Span(0, self.size if size is None else size))

    def hash(self, span):
        return span_hash(span, self.nodes)

    def hashes(self, spans):
        return [self.hash(span) for span in spans]


def defined_root(entries):
    """RFC 9162 §2.1.1, word by word."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return leaf_hash(entries[0])
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return node_hash(defined_root(entries[:k]), defined_root(entries[k:]))


def test_leaves_nodes_and_the_empty_tree_hash_as_published():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def test_trees_of_every_size_have_the_published_roots():
    tree = Tree(ENTRIES)
    assert [tree.root(size).hex() for size in range(1, 9)] == ROOTS


@pytest.mark.parametrize(("place", "proof"), INCLUSIONS.items())
def test_inclusion_proofs_are_the_published_ones_and_hold(place, proof):
    leaf, size = place
    hashes = Tree(ENTRIES).hashes(inclusion(leaf, size))
    assert [one.hex() for one in hashes] == proof
    assert includes(leaf, size, leaf_hash(ENTRIES[leaf]), hashes, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("sizes", "proof"), CONSISTENCIES.items())
def test_consistency_proofs_are_the_published_ones_and_hold(sizes, proof):
    old, new = sizes
    hashes = Tree(ENTRIES).hashes(consistency(old, new))
    assert [one.hex() for one in hashes] == proof
    assert is_beginning(old, new, bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1]), hashes)


@given(st.lists(st.lists(st.binary(max_size=3), max_size=9), max_size=8))
def test_a_tree_grown_in_any_steps_is_the_one_that_the_definition_gives(steps):
    tree = Tree(*steps)
    entries = [entry for step in steps for entry in step]
    for size in range(len(entries) + 1):
        assert tree.root(size) == defined_root(entries[:size])


def corrupted(proof, data):
    """The proof with one thing changed: a bit, a hash too many or one too few."""
    changes = [[*proof, bytes(32)], [bytes(32), *proof]]
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        bit = data.draw(st.integers(0, 255))
        flipped = bytearray(proof[place])
        flipped[bit // 8] ^= 1 << bit % 8
        changes += [[*proof[:place], bytes(flipped), *proof[place + 1 :]], proof[1:], proof[:-1]]
    return data.draw(st.sampled_from(changes))


@given(st.integers(1, 70), st.data())
def test_an_inclusion_proof_holds_for_its_leaf_alone(size, data):
    entries = [bytes([number]) for number in range(size)]
    tree = Tree(entries)
    leaf = data.draw(st.integers(0, size - 1))
    proof, root = tree.hashes(inclusion(leaf, size)), tree.root()
    assert includes(leaf, size, leaf_hash(entries[leaf]), proof, root)
    assert not includes(leaf, size, leaf_hash(b"another"), proof, root)
    assert not includes(leaf, size, leaf_hash(entries[leaf]), corrupted(proof, data), root)
    assert not includes(leaf, size, leaf_hash(entries[leaf]), proof, bytes(32))
    for other in {leaf - 1, leaf + 1, leaf ^ 2, -1, size} - {leaf}:
        assert not includes(other, size, leaf_hash(entries[leaf]), proof, root)


@given(st.integers(0, 70), st.integers(0, 70), st.data())
def test_a_consistency_proof_holds_for_these_two_trees_alone(size, more, data):
    tree = Tree([bytes([number]) for number in range(size + more)])
    old, new, proof = tree.root(size), tree.root(), tree.hashes(consistency(size, size + more))
    assert is_beginning(size, size + more, old, new, proof)
    assert not is_beginning(size, size + more, old, new, corrupted(proof, data))
    assert not is_beginning(size, size + more, bytes(32), new, proof)
    assert size == 0 or not is_beginning(size, size + more, old, bytes(32), proof)
    if more:
        assert not is_beginning(size + more, size, new, old, proof)
        assert size == 0 or not is_beginning(size, size + more, new, old, proof)


@pytest.mark.parametrize(("leaf", "size"), [(0, 0), (1, 1), (-1, 4), (4, 4)])
def test_a_leaf_that_is_not_there_cannot_be_proved(leaf, size):
    with pytest.raises(ValueError, match="no leaf"):
        inclusion(leaf, size)
    assert not includes(leaf, size, leaf_hash(b""), [], EMPTY_ROOT)


def test_a_tree_that_is_longer_is_no_beginning():
    with pytest.raises(ValueError, match="no beginning"):
        consistency(5, 4)
