import re

from tests.docs.documents import ROOT, documents

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)  # what looks like a link in it is none


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", text)


def test_every_link_between_documents_leads_somewhere() -> None:
    dead = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents()
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", without_code(document.read_text()))
        if not (document.parent / target).exists()
    ]
    assert dead == []


def test_every_file_the_documents_name_exists() -> None:
    missing = [
        f"{document.relative_to(ROOT)}: {path}"
        for document in documents()
        for path in re.findall(r"`((?:app|tests|alembic|scripts|benchmarks|docs)/[\w./-]+?/?)`", document.read_text())
        if not (ROOT / path).exists()
    ]
    assert missing == []


def test_the_short_paths_in_the_architecture_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    paths = re.findall(r"`(\w+/\w+\.py)`", text)
    assert paths
    assert [path for path in paths if not (ROOT / "app" / path).exists() and not (ROOT / path).exists()] == []
