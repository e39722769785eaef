"""Append-only Merkle trees with the hashing, the inclusion and the consistency proofs of RFC 9162 §2.1.

Only whole subtrees are kept: `Node(level, place)` covers the leaves `place · 2^level` up to `(place + 1) · 2^level`.
They never change, so a tree grows by adding rows. Everything else is a `Span` of leaves, whose hash follows from at
most one node for each level.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

EMPTY_ROOT = sha256().digest()


class Node(NamedTuple):
    """A whole subtree; level 0 is a leaf."""

    level: int
    place: int


class Span(NamedTuple):
    """Leaves `begin` up to, and not with, `end`, as RFC 9162 writes `D[begin:end]`."""

    begin: int
    end: int


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def nodes_of(span: Span) -> list[Node]:
    """The whole subtrees that a span is made of, left to right. `begin` must be aligned as those of proofs are."""
    nodes = []
    begin, end = span
    while begin < end:
        level = (end - begin).bit_length() - 1
        nodes.append(Node(level, begin >> level))
        begin += 1 << level
    return nodes


def span_hash(span: Span, known: Mapping[Node, bytes]) -> bytes:
    """The hash of a span from those of `nodes_of(span)`; of an empty one, that of the empty tree."""
    hashes = [known[node] for node in nodes_of(span)]
    if not hashes:
        return EMPTY_ROOT
    whole = hashes.pop()
    while hashes:
        whole = node_hash(hashes.pop(), whole)
    return whole


def grown(size: int, edge: Mapping[Node, bytes], leaves: Iterable[bytes]) -> dict[Node, bytes]:
    """The nodes that leaf hashes add to a tree of `size`; `edge` are those of `nodes_of(Span(0, size))`."""
    added: dict[Node, bytes] = {}
    for index, leaf in enumerate(leaves, start=size):
        node, whole = Node(0, index), leaf
        added[node] = whole
        while node.place & 1:
            left = Node(node.level, node.place - 1)
            whole = node_hash(added.get(left) or edge[left], whole)
            node = Node(node.level + 1, node.place >> 1)
            added[node] = whole
    return added


def inclusion(leaf: int, size: int) -> list[Span]:
    """The spans whose hashes prove that a tree of `size` has the leaf `leaf`, from the bottom up (§2.1.3.1)."""
    if not 0 <= leaf < size:
        raise ValueError(f"a tree of {size} has no leaf {leaf}")
    path = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _largest_power_below(end - begin)
        if leaf < middle:
            path.append(Span(middle, end))
            end = middle
        else:
            path.append(Span(begin, middle))
            begin = middle
    return path[::-1]


def consistency(old: int, new: int) -> list[Span]:
    """The spans whose hashes prove that the tree of `old` is the beginning of the tree of `new` (§2.1.4.1)."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} has no beginning of {old}")
    if old in (0, new):
        return []
    path = []
    begin, end = 0, new
    while old != end:
        middle = begin + _largest_power_below(end - begin)
        if old <= middle:
            path.append(Span(middle, end))
            end = middle
        else:
            path.append(Span(begin, middle))
            begin = middle
    if begin:
        path.append(Span(begin, end))
    return path[::-1]


def root_by_inclusion(leaf: int, size: int, hashed: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root that the leaf's hash and the proof lead to; None where the proof has the wrong length (§2.1.3.2)."""
    if not 0 <= leaf < size:
        return None
    place, last = leaf, size - 1
    whole = hashed
    for other in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            whole = node_hash(other, whole)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            whole = node_hash(whole, other)
        place, last = place >> 1, last >> 1
    return whole if last == 0 else None


def includes(leaf: int, size: int, hashed: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the tree with that root has the leaf at that place."""
    return root_by_inclusion(leaf, size, hashed, proof) == root


def is_beginning(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether nothing in the older tree was changed or taken away in the newer one (§2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    older = newer = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            older, newer = node_hash(other, older), node_hash(other, newer)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            newer = node_hash(newer, other)
        place, last = place >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root


def _largest_power_below(number: int) -> int:
    """The largest power of two below a number above 1."""
    return 1 << (number - 1).bit_length() - 1
