r"""Check a case's bundle offline: `python -m postwarden.ledger.check BUNDLE [--key FINGERPRINT]`.

This one file needs Python 3.11 and `cryptography` alone; it can be copied anywhere. It opens nothing but
the bundle. Exit status: 0 all is as it was signed, 1 something is not, 2 it could not be read.

A bundle is a tar archive (POSIX ustar) of plain files, the names sorted, with mode 0644, owner 0 and time 0,
so that no byte of it can differ. JSON is UTF-8. It has:

- `manifest.json`: `format` (1), `origin` (the ledger's name), `case`, `key` (the ledger's Ed25519 public key,
  base64), `files` (the SHA-256 of every other file, hex), and `manifest.sig`, the key's signature over
  "postwarden bundle\n" and the bytes of manifest.json, base64.
- `head.txt`: a signed tree head (C2SP tlog-checkpoint in a signed note): lines of origin, size, root and time,
  an empty one, and one of a dash (U+2014), the origin, and in base64 4 bytes of key id and the signature of
  the lines above the empty one.
- `ledger.json`: entries with `index`, `at` (microseconds since 1970), `act`, `case` (or null), `parts`, and
  `path`, the sibling hashes from the leaf to the head's root (RFC 6962 section 2.1.1, hex). A part has `key`,
  `commitment` (hex), and `salt` (hex) and `facts`, both null where they were erased. A commitment is
  SHA-256(salt + facts as JSON with sorted keys, no spaces, not escaped). A leaf's data is, big-endian: version
  1 (1 byte), index (8), at (8, signed), lengths of act and case (2 each), act, case; then each part's key (8)
  and commitment.
- `approvals.json`: `approver`, `public` (OpenSSH), `words`, and `signature` (`ssh-keygen -Y sign -n postwarden`
  over the words); `plan` and `text`: the SHA-256 of a plan, which the words name, and the plan that has it.
- `relocation/repairs.json`, where there is one: what each plan of repairs looked at and did. `right`, `settled`
  (put right before) and `copies` name every copy once; SHA-256 over the sorted lines "ID right", "ID settled"
  and "ID planned" is `digest`, which an entry "repair.counted" of the ledger has, too. A copy that was not
  simply left stands in an entry "copy.ended" with the same outcome, reason and hashes; a delivery of it that
  arrived in an entry "copy.delivered" about its account, with the same hash and guid. Copies and deliveries
  are those of the approved plan.
- `relocation/restored.json`, where there is one: copies put back, each in an entry "copy.restored".
- further files, of which the manifest has the hashes.

What it cannot say: whether the key is the provider's. Compare the fingerprint printed with one you were given
by another way, or give it by --key; compare the tree head with one kept outside.
"""

import hashlib
import io
import json
import struct
import sys
import tarfile
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = 1
SIGNED = b"postwarden bundle\n"
_FIRST = ("manifest.json", "manifest.sig")
_NEEDED = frozenset({"head.txt", "ledger.json", "approvals.json", "case.json"})


class Bad(Exception):
    """Something is not as it was signed; the text says what."""


def archive(files: Mapping[str, bytes]) -> bytes:
    """Give files as a tar archive; equal files give equal bytes."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            tar.addfile(entry, io.BytesIO(files[name]))
    return target.getvalue()


def check(bundle: bytes) -> dict[str, Any]:
    """Check a bundle; give its manifest, with `size` and `time` of its tree head and `erased` parts.

    Raises:
        Bad: something is not as it was signed.
    """
    try:
        return _checked(bundle)
    except Bad:
        raise
    except InvalidSignature:
        raise Bad("a signature is wrong") from None
    except Exception as error:  # noqa: BLE001  # whatever a forged bundle makes us raise, it is no proof
        raise Bad(f"it is no bundle, or damaged ({type(error).__name__}: {error})") from None


def _checked(bundle: bytes) -> dict[str, Any]:
    with tarfile.open(fileobj=io.BytesIO(bundle), mode="r:") as tar:
        files = {one.name: _content(tar, one) for one in tar.getmembers()}
    _must(archive(files) == bundle, "the archive is not in its one form")
    manifest = json.loads(files["manifest.json"])
    _must(manifest["format"] == FORMAT, "it has another format than this program knows")
    key = Ed25519PublicKey.from_public_bytes(b64decode(manifest["key"], validate=True))
    signature = files["manifest.sig"]
    _must(b64encode(b64decode(signature)) + b"\n" == signature, "manifest.sig is no signature")
    key.verify(b64decode(signature), SIGNED + files["manifest.json"])
    hashes = {name: hashlib.sha256(files[name]).hexdigest() for name in {*files} - {*_FIRST}}
    _must(hashes == manifest["files"] and hashes.keys() >= _NEEDED, "files are missing or changed")
    case = json.loads(files["case.json"])
    _must(case["reference"] == manifest["case"], "it holds another case than it says")
    size, root, time = _head(files["head.txt"].decode(), manifest["origin"], key)
    entries = json.loads(files["ledger.json"])
    for entry in entries:
        _entry(entry, size, root)
    _must(bool(entries), "it has no entry of the ledger")
    approvals = json.loads(files["approvals.json"])
    for approval in approvals:
        _approval(approval)
    plans = {one["plan"]: json.loads(one["text"])["acts"] for one in approvals}
    erased = sum(part["facts"] is None for entry in entries for part in entry["parts"])
    record = [_said(entry) for entry in entries]
    sums = [_repair(one, record, plans) for one in _listed(files, "relocation/repairs.json")]
    for copy in _listed(files, "relocation/restored.json"):
        _restored(copy, record, plans)
    told = {"size": size, "time": time, "entries": len(entries), "erased": erased, "repairs": sums}
    return {**manifest, **told}


def _must(fits: bool, otherwise: str) -> None:
    if not fits:
        raise Bad(otherwise)


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    content = tar.extractfile(entry)
    if content is None:
        raise Bad(f"{entry.name} is no plain file")
    return content.read()


def _head(note: str, origin: str, key: Ed25519PublicKey) -> tuple[int, bytes, str]:
    text, _, line = note.partition("\n\n")
    named, size, root, time = text.split("\n")
    signed = b64decode(line.rpartition(" ")[2].strip(), validate=True)
    known = hashlib.sha256(origin.encode() + b"\n\x01" + key.public_bytes_raw()).digest()[:4]
    _must(named == origin and signed[:4] == known, "the tree head is of another ledger")
    key.verify(signed[4:], f"{text}\n".encode())
    return int(size), b64decode(root, validate=True), time.removeprefix("time ")


def _entry(entry: Mapping[str, Any], size: int, root: bytes) -> None:
    index, act, case = entry["index"], entry["act"].encode(), (entry["case"] or "").encode()
    data = struct.pack(">BQqHH", 1, index, entry["at"], len(act), len(case)) + act + case
    for part in entry["parts"]:
        committed = bytes.fromhex(part["commitment"])
        if part["facts"] is not None:
            text = json.dumps(
                part["facts"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
            )
            plain = bytes.fromhex(part["salt"]) + text.encode()
            _must(
                hashlib.sha256(plain).digest() == committed, f"facts of entry {index} were changed"
            )
        data += part["key"].to_bytes(8, "big") + committed
    path = [bytes.fromhex(one) for one in entry["path"]]
    _must(_root(data, index, size, path) == root, f"entry {index} is not under the tree head")


def _root(data: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Give the root that a leaf and its path lead to (RFC 9162 section 2.1.3.2)."""
    node, last = hashlib.sha256(b"\x00" + data).digest(), size - 1
    _must(0 <= index <= last, "an entry lies outside the tree")
    for sibling in path:
        _must(last > 0, "a path is too long")
        if index & 1 or index == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        index, last = index >> 1, last >> 1
    _must(last == 0, "a path is too short")
    return node


def _approval(given: Mapping[str, Any]) -> None:
    """Check an OpenSSH signature (PROTOCOL.sshsig) by an ssh-ed25519 key, and the plan it is for."""
    plan = hashlib.sha256(given["text"].encode()).hexdigest()
    _must(given["plan"] == plan and plan in given["words"], "an approved plan was changed")
    blob = b64decode("".join(given["signature"].split("-----")[2].split()), validate=True)
    _must(blob[:10] == b"SSHSIG\x00\x00\x00\x01", "an approval is no signature")
    public, namespace, reserved, algorithm, signature = _strings(blob[10:])
    raw = _strings(public)[1]
    _must(b64decode(given["public"].split()[1]) == public, "an approval is of another key")
    _must(namespace == b"postwarden", "an approval is a signature for another purpose")
    _must(algorithm in (b"sha256", b"sha512"), "an approval is of a kind that is not taken")
    digest = hashlib.new(algorithm.decode(), given["words"].encode()).digest()
    covered = [namespace, reserved, algorithm, digest]
    message = b"SSHSIG" + b"".join(struct.pack(">I", len(one)) + one for one in covered)
    Ed25519PublicKey.from_public_bytes(raw).verify(_strings(signature)[1], message)


class _Said(NamedTuple):
    """An entry of the ledger: its facts, and the keys of those of its parts that were erased."""

    act: str
    facts: Mapping[str, Any]
    erased: frozenset[int]


class _Told(NamedTuple):
    """What entries of one kind say of a plan's copies, the last one of each: by account and copy.

    Of what was erased it is known whom it was about (`named`), or else by how many keys it was sealed, of
    which each is one person's or the case's.
    """

    copies: Mapping[tuple[str, str], Sequence[Any]]
    named: frozenset[str]
    sealed: int

    def must_tell(self, missing: Iterable[str], what: str) -> None:
        """Refuse where more accounts lack an entry than were erased."""
        lacking = {*missing} - self.named
        _must(
            len(lacking) <= self.sealed, f"{what} of {len(lacking)} accounts is not in the ledger"
        )


_GAVE = ("arrived", "taken")
_HAS = (*_GAVE, "had")


def _listed(files: Mapping[str, bytes], name: str) -> list[dict[str, Any]]:
    return list(json.loads(files.get(name, b"[]")))


def _said(entry: Mapping[str, Any]) -> _Said:
    facts = {key: v for part in entry["parts"] for key, v in (part["facts"] or {}).items()}
    erased = frozenset(part["key"] for part in entry["parts"] if part["facts"] is None)
    return _Said(entry["act"], facts, erased)


def _told(record: Sequence[_Said], act: str, plan: str) -> _Told:
    copies, named, sealed = dict[tuple[str, str], list[Any]](), set[str](), set[int]()
    for one in record:
        if one.act != act or one.facts.get("plan", plan if one.erased else "") != plan:
            continue
        person = one.facts.get("person")
        if person is None:
            sealed |= one.erased
        elif one.erased:
            named.add(person)
        else:
            copies |= {(person, told[0]): told[1:] for told in one.facts["detail"]["copies"]}
    return _Told(copies, frozenset(named), len(sealed))


def _repair(
    told: Mapping[str, Any], record: Sequence[_Said], plans: Mapping[str, Sequence[Any]]
) -> dict[str, int]:
    """Account for every copy that a plan of repairs looked at, once; give how many came to which end."""
    _counted(told, record)
    plan, copies = told["plan"], told["copies"]
    _must(plan in plans, "nobody approved a repair")
    _planned(copies, plans[plan])
    _ended(copies, _told(record, "copy.ended", plan))
    _delivered(copies, _told(record, "copy.delivered", plan), _told(record, "copy.decided", plan))
    sums = {"right": len(told["right"]), "settled": len(told["settled"])}
    for copy in copies:
        outcome = copy["outcome"] or "unfinished"
        sums[outcome] = sums.get(outcome, 0) + 1
    return sums


def _counted(told: Mapping[str, Any], record: Sequence[_Said]) -> None:
    kinds = {"right": told["right"], "settled": told["settled"]}
    kinds["planned"] = [one["copy"] for one in told["copies"]]
    lines = sorted(f"{name} {kind}\n" for kind, names in kinds.items() for name in names)
    _must(len({line.split()[0] for line in lines}) == len(lines), "a copy is counted twice")
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    _must(digest == told["digest"], "what a repair looked at was changed")
    said = [one for one in record if one.act == "repair.counted"]
    counted = [
        one.facts["detail"]["digest"] for one in said if one.facts.get("plan") == told["plan"]
    ]
    unread = any(one.erased for one in said)
    _must(counted == [digest] or (not counted and unread), "a repair was counted otherwise")


def _planned(copies: Sequence[Mapping[str, Any]], acts: Sequence[Any]) -> None:
    """Compare whom copies are taken from, and given to, with what was approved."""
    _must(len(copies) == len(acts), "a repair has other copies than its plan")
    for copy, (_, holder, details) in zip(copies, acts, strict=True):
        goals = sorted(value for name, value in details if name == "deliver")
        named = (copy["holder"], copy["copy"], sorted(_accounts(copy)))
        _must(
            named == (holder, dict(details)["finding"], goals),
            f"copy {copy['copy']} is not as the plan says",
        )


def _accounts(copy: Mapping[str, Any]) -> list[str]:
    return [one["account"] for one in copy["deliveries"]]


def _ended(copies: Sequence[Mapping[str, Any]], told: _Told) -> None:
    missing = []
    here = {(one["holder"], one["copy"]): one for one in copies}
    for key, copy in here.items():
        stands = [
            copy[name] or "" for name in ("outcome", "why", "content", "quarantine", "sealed")
        ]
        known = told.copies.get(key)
        if known is None:
            missing += [] if copy["outcome"] in ("left", None) else [copy["holder"]]
        else:
            _must(stands == known[:5], f"copy {copy['copy']} is not as the ledger says")
    told.must_tell(missing, "what became of copies")
    _must(told.copies.keys() <= here.keys(), "a copy that the ledger tells of is not listed")


def _delivered(copies: Sequence[Mapping[str, Any]], told: _Told, decided: _Told) -> None:
    """Compare what arrived, where, and with which content; what a person found there is theirs to say."""
    missing = []
    found = {copy for (_, copy), (arrived,) in decided.copies.items() if arrived}
    for copy in copies:
        asked = copy["copy"] in found or copy["holder"] in decided.named or decided.sealed
        for one in copy["deliveries"]:
            known = told.copies.get((one["account"], copy["copy"]), [""])
            here = [one["sent"], one["content"] or "", one["guid"] or ""]
            if known[0] in _GAVE:
                _must(known == here, f"a delivery of copy {copy['copy']} is not as the ledger says")
            elif here[0] in _GAVE and not (here[0] == "taken" and asked):
                missing.append(one["account"])
        given = all(one["sent"] in _HAS for one in copy["deliveries"])
        _must(
            given or copy["outcome"] not in ("relocated", "removed", "delivered"),
            f"copy {copy['copy']} is put right, and not everybody has theirs",
        )
    told.must_tell(missing, "what arrived")
    listed = {(account, copy["copy"]) for copy in copies for account in _accounts(copy)}
    given_to = {key for key, known in told.copies.items() if known[0] in _GAVE}
    _must(given_to <= listed, "a delivery that the ledger tells of is not listed")


def _restored(
    copy: Mapping[str, Any], record: Sequence[_Said], plans: Mapping[str, Sequence[Any]]
) -> None:
    """Compare a copy that was put back: whose, and with which content."""
    holder, name = copy["holder"], copy["copy"]
    told = _told(record, "copy.restored", copy["plan"])
    known = told.copies.get((holder, name))
    stands = [copy["outcome"], copy["why"] or "", copy["content"] or ""]
    if known is None:
        told.must_tell([holder], "what was put back")
    else:
        _must(stands == known[:3], f"copy {name}, put back, is not as the ledger says")
    acts = [(one[1], dict(one[2])["finding"]) for one in plans.get(copy["plan"], ())]
    _must((holder, name) in acts, f"copy {name} was put back, and no approved plan says so")
    back = [(one["account"], one["content"]) for one in copy["deliveries"]]
    _must(back == [(holder, copy["content"])], f"copy {name} was put back otherwise")


def _strings(data: bytes) -> list[bytes]:
    """Read strings (RFC 4251 section 5)."""
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        _must(len(data) >= 4 + size, "a signature is cut short")
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    return found


def main(words: Sequence[str]) -> int:
    """Check the bundle that the words name; print what was found; give the exit status."""
    if len(words) not in (1, 3) or (len(words) == 3 and words[1] != "--key"):
        print("usage: python -m postwarden.ledger.check BUNDLE [--key FINGERPRINT]")  # noqa: T201
        return 2
    try:
        with open(words[0], "rb") as file:
            found = check(file.read())
        mark = hashlib.sha256(b64decode(found["key"])).hexdigest()
        _must(len(words) == 1 or words[2].lower() == mark, f"it is signed by another key, {mark}")
    except OSError as error:
        print(f"{words[0]}: {error.strerror}")  # noqa: T201
        return 2
    except Bad as error:
        print(f"BAD: {error}")  # noqa: T201
        return 1
    print(  # noqa: T201
        f"Case {found['case']}: all is as it was signed.\n"
        f"{found['entries']} entries under the tree head of {found['time']} with {found['size']}"
        f" leaves; {found['erased']} parts were erased.\n"
        f"Ledger {found['origin']}, key {mark}"
    )
    for sums in found["repairs"]:
        told = " + ".join(f"{count} {outcome}" for outcome, count in sums.items() if count)
        print(f"Repair: {told} = {sum(sums.values())} copies, each counted once.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
