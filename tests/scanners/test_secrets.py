"""Secrets in texts and cells, kinds of hashes, kinds of card numbers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_map.model import Asset, AssetKind, Field, FieldRef
from data_map.taxonomy import CATEGORIES
from scanners.detect.engine import Engine
from scanners.detect.multipattern import installed_engine
from scanners.detect.ner import NameReader
from scanners.detect.secrets import (
    Hash,
    Secret,
    card_kind,
    hashes,
    is_placeholder,
    kind_of_span,
    kinds,
    secrets,
    secrets_in,
)
from scanners.values import Column, Content, TextPart


def told(text: str) -> set[str]:
    return {kind for span in secrets_in([text])[0] if (kind := kind_of_span(text, span)) is not None}


@pytest.mark.parametrize("rule", secrets(), ids=lambda one: one.name)
def test_a_form_fits_its_examples_and_no_counter_example(rule: Secret) -> None:
    assert rule.category in CATEGORIES
    for example in rule.examples:
        assert rule.name in {span.detector for span in secrets_in([f"x\n{example}\ny"])[0]}, example
    for example in rule.counter_examples:
        assert rule.name not in {span.detector for span in secrets_in([f"x\n{example}\ny"])[0]}, example


@pytest.mark.parametrize("one", hashes(), ids=lambda one: one.name)
def test_a_hash_is_told_by_the_first_form_that_fits(one: Hash) -> None:
    for example in one.examples:
        assert next(other.name for other in hashes() if other.form.fullmatch(example)) == one.name
        assert not one.holds or any(part in example for part in one.holds)
    assert not [example for example in one.counter_examples if one.form.fullmatch(example)]


@pytest.mark.parametrize(
    "line",
    [
        "DB_PASSWORD=hunter",
        "DB_PASSWORD=hunter2",
        'export PGPASSWORD="Sommer2024!"',
        "password: Sommer2024",
        '  "password": "hunter2",',
        'api_key = "9f1c2b7ade0453617c2bd4"',
        "smtp.password=geheim99",
        "client_secret: 'dGhpc2lzYXNlY3JldGtleTEyMzQ='",
        "ENV DB_PASSWORD=Tr0ub4dor",
        'password = "p@ssword"',
        "tool --password Tr0ub4dor-3",
        "Das Passwort: Sommer2024",
        '{"user": "x", "password": "hunter2"}',
        "postgres://app:Tr0ub4dor@db.internal/crm",
        "SECRET_KEY = 'django-insecure-9f1c2b7ade0453617c2bd4'",
        "mot_de_passe=Soleil2024",
        "  password: cGFzc3MxMjNhYmM=",
        "jdoe:$2b$12$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUV012345678",
    ],
)
def test_a_line_that_holds_a_secret(line: str) -> None:
    assert told(f"# settings\n{line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "DB_PASSWORD=changeme",
        "DB_PASSWORD=${PW}",
        "password: <password>",
        "password=xxxx",
        "password: ********",
        "password = None",
        "password = getpass.getpass()",
        "password=self.password,",
        "password: String",
        'password: str = ""',
        'password = os.environ["X"]',
        'if password == "hunter2x":',
        "password_min_length: 10",
        "token_type=bearer",
        "secretName: my-secret-01",
        "max_tokens=4096",
        "PWD=/home/jane",
        'passwordField = "password-input"',
        '"password": "Passwort",',
        '"password": "Mot de passe oublié ?",',
        "secretary: Jane Doe 2",
        "the password: please ask Jane",
        "api_key: {{ api_key }}",
        "  password: cGFzc3dvcmQ=",  # "password", in Base64
        "postgres://app:password@db/crm",
        "postgres://app:${PW}@db/crm",
        "key_id = 9f1c2b7ade0453617c2bd4",
        "postgres://scott:tiger@host/dbname",
        "postgres://app:Tr0ub4dor@db.example.com/crm",
        "PASSWORD_NO_MATCH = 1133",
        "token = base64.b64encode(creds)",
        "password_encryption = scram-sha-256",
        '"NextToken": "GcqyoAJuZwujOT35EN4LCI3EUzMtiLq3nKyFFHvU5q1SaI",',
        '"lockToken": "7b3bcec2-374e-4c5a-b2b9-563bf47249f0",',
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-factory1-auth-3QNDmM",
        '"PasswordLastUsed": "2016-09-08T21:47:36Z",',
        '"password_changed": "2016-09-08",',
        '"api_key": "9f1c2b7ade04...",',
        "commit 5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8",
        'etag: "5f4dcc3b5aa765d61d8327deb882cf99"',
        "-----BEGIN CERTIFICATE-----\nMIIEk3Jd82hFs0aLqPz7Yw5XcVb1Nm4Rt6Ug9EoIk3Jd82h\n-----END CERTIFICATE-----",
    ],
)
def test_a_line_that_holds_none(line: str) -> None:
    assert not told(f"# settings\n{line}\n")


@pytest.mark.parametrize(
    "value", ["", "***", "changeme", "${X}", "<key>", "your-key-here", "AKIAIOSFODNN7EXAMPLE", "x" * 40]
)
def test_placeholders(value: str) -> None:
    assert is_placeholder(value)
    assert not is_placeholder("9f1c2b7ade")


@given(st.lists(st.text(max_size=80), max_size=6))
def test_spans_lie_in_their_text_and_apart(texts: list[str]) -> None:
    marked = [f"password: {text}\n{text}" for text in texts]
    for text, spans in zip(marked, secrets_in(marked), strict=True):
        assert all(0 <= span.start < span.stop <= len(text) for span in spans)
        assert all(left.stop <= right.start for left, right in pairwise(spans))


def test_many_texts_give_what_each_gives() -> None:
    texts = ["a password: Sommer2024", "nothing", "token = 9f1c2b7ade0453617c2bd4\n", "x@y:z://a:b1cdef@h"]
    assert secrets_in(texts) == [secrets_in([text])[0] for text in texts]
    assert installed_engine()


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("4539 1488 0343 6467", "card:full"),
        ("4539148803436467", "card:full"),
        ("4111-1111-1111-1111", "card:test"),
        ("4539148803436468", None),  # Luhn
        ("1234567812345670", None),  # no scheme begins so
        ("4539148803436467000", None),
        ("453914******6467", "card:masked"),
        ("XXXX-XXXX-XXXX-6467", "card:masked"),
        ("6467", None),
        ("tok_1J2k3L4m5N6o7P8q", None),
    ],
)
def test_numbers_of_cards(value: str, kind: str | None) -> None:
    assert card_kind(value) == kind


def of(named: str | None, *values: str, found: tuple[str, ...] = ()) -> dict[str, int]:
    return {one.detector: one.matched for one in kinds(dict.fromkeys(values, 1), named, found)}


def test_what_stands_under_a_name_for_passwords() -> None:
    assert of("credential.password", "hunter2", "Sommer2024", "***", "NULL", "${PW}") == {
        "password:clear": 2,
        "password:placeholder": 3,
    }
    assert of("credential.password", "5f4dcc3b5aa765d61d8327deb882cf99", "gAAAA" + "B" * 60) == {
        "hash:md5": 1,
        "password:encrypted": 1,
    }
    assert of("credential.password", "q3Jd82hFs0aLqPz7Yw5XcVb") == {"password:opaque": 1}


def test_hex_is_a_hash_of_a_password_by_its_name_only() -> None:
    digest = "5f4dcc3b5aa765d61d8327deb882cf99"
    assert of("credential.password_hash", digest) == {"hash:md5": 1}
    assert of(None, digest) == {}
    assert of("pseudonym.hashed", digest) == {}


def test_a_column_of_other_things_may_hold_a_key() -> None:
    assert of(None, "light", "dark", "AKIAQ7R2ZJ4WXK9P3MTB") == {"secret:aws_access_key": 1}
    assert of("credential.token", "NN", "VB", "k3Jd82hFs0aLqPz7Yw5XcVb1") == {"secret:random": 1}


def test_kinds_are_evidence_beside_the_verdict() -> None:
    asset = Asset("s", "users", AssetKind.TABLE)
    values = [f"{number:032x}" for number in range(0xABCDEF << 80, (0xABCDEF << 80) + 40)]
    column = Column(Field(FieldRef("s", "users", "password")), dict.fromkeys(values, 1), sampled=40)
    _, (verdict,) = Engine(NameReader(None)).look(Content(asset, [column]))
    assert verdict.category == "credential.password_hash"
    assert ("hash:md5", 40, 40) in {(one.detector, one.matched, one.distinct) for one in verdict.evidence}


def test_kinds_in_a_document() -> None:
    body = Field(FieldRef("s", ".env", "body"))
    text = "DB_PASSWORD=hunter2\nTOKEN=changeme\nCARD=4539 1488 0343 6467\nAWS=AKIAQ7R2ZJ4WXK9P3MTB\n"
    content = Content(Asset("s", ".env", AssetKind.FILE), texts=[TextPart(body, text)])
    _, (verdict,) = Engine(NameReader(None)).look(content)
    assert {one.detector for one in verdict.evidence} >= {
        "secret:password_setting",
        "secret:aws_access_key",
        "card:full",
    }
    counts = {one.category: one.count for one in verdict.contains}
    assert (counts["credential.password"], counts["credential.token"]) == (1, 1)
    assert "hunter2" not in repr(verdict)
