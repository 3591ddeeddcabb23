import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from device.directories import DirectoryReading

MIB = 1024 * 1024


def _read(
    *paths: Path | str, extensions: tuple[str, ...] = ("md",), since: int | None = None
) -> tuple[dict[str, Any], list[str]]:
    """Files by name, and the errors. Every chunk is checked to fit a frame."""
    reading = DirectoryReading([str(each) for each in paths], extensions, since)
    files = []
    for chunk in reading.chunks():
        frame = {"type": "agent_data", "run_id": "r" * 128, "files": chunk}
        assert len(orjson.dumps(frame)) < MIB
        files += chunk
    assert reading.files_read == len(files)
    return {file["name"]: file for file in files}, reading.errors


def test_files_with_the_extensions_are_read_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "deep.MD").write_text("Grüße", encoding="utf-8")
    (tmp_path / "top.txt").write_text("text")
    (tmp_path / "no.csv").write_text("1,2")
    files, errors = _read(tmp_path, extensions=("md", ".TXT"))
    assert {name: file["content"] for name, file in files.items()} == {"deep.MD": "Grüße", "top.txt": "text"}
    assert errors == []
    deep = files["deep.MD"]
    assert deep["path"] == str(tmp_path / "a" / "b" / "deep.MD")
    assert deep["metadata"] == {"size": 7, "modified_at": deep["metadata"]["modified_at"], "extension": ".MD"}


def test_only_files_changed_since_are_read(tmp_path: Path) -> None:
    for name, seconds in (("old.md", 99.999), ("then.md", 100.0), ("new.md", 200.0)):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (seconds, seconds))
    assert set(_read(tmp_path, since=100_000)[0]) == {"then.md", "new.md"}
    assert len(_read(tmp_path)[0]) == 3


def test_a_link_out_of_the_paths_is_refused_and_told(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "inside-not"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.md").write_text("secret")
    (inside / "file.md").symlink_to(outside / "secret.md")
    (inside / "folder").symlink_to(outside)
    (inside / "up").symlink_to("..")
    files, errors = _read(inside)
    assert files == {}
    assert len(errors) == 3
    assert all("outside the given paths" in each for each in errors)
    assert set(_read(inside, outside)[0]) == {"secret.md"}


def test_loops_of_links_end_and_no_file_comes_twice(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.md").write_text("x")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    (tmp_path / "y.md").symlink_to(tmp_path / "a" / "x.md")
    (tmp_path / "self.md").symlink_to(tmp_path / "self.md")
    files, errors = _read(tmp_path, tmp_path / "a", tmp_path)
    assert set(files) == {"x.md"}
    assert len(errors) == 1
    assert "loop" in errors[0] or "levels of symbolic links" in errors[0]


def test_dot_dot_in_a_path_gives_no_way_out_of_what_was_named(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out.md").write_text("x")
    assert set(_read(f"{tmp_path}/in/..")[0]) == {"out.md"}  # named so, and so it is meant
    assert _read("relative/path")[1] == ["relative/path: not an absolute path."]


def test_binary_files_are_skipped_and_told(tmp_path: Path) -> None:
    (tmp_path / "picture.md").write_bytes(b"\x89PNG\r\n\x00\x01")
    files, errors = _read(tmp_path)
    assert files == {}
    assert errors == [f"{tmp_path / 'picture.md'}: a binary file."]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("cp1252"), "Grüße"),
        ("Grüße".encode("utf-8-sig"), "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        (b"", ""),
    ],
)
def test_text_is_decoded_leniently(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "x.md").write_bytes(content)
    assert _read(tmp_path)[0]["x.md"]["content"] == text


@pytest.mark.parametrize("character", ["x", "ü", "€", "😀", "\x01", '"', "\\"])
def test_a_file_too_large_for_a_frame_is_cut_and_says_so(tmp_path: Path, character: str) -> None:
    (tmp_path / "large.md").write_text(character * (3 * MIB // len(character.encode())), encoding="utf-8")
    files, errors = _read(tmp_path)
    content = files["large.md"]["content"]
    assert files["large.md"]["metadata"]["truncated"] is True
    assert set(content) == {character}
    assert len(orjson.dumps(content)) > MIB * 0.8
    assert errors == []


def test_many_files_are_spread_over_chunks_that_fit(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.md").write_text("\x01" * 20_000)
    assert len(_read(tmp_path)[0]) == 40
    assert len(list(DirectoryReading([str(tmp_path)], ["md"]).chunks())) == 5


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert _read(tmp_path) == ({}, [f"{tmp_path / 'pipe.md'}: not a regular file."])


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good.md").write_text("x")
    (tmp_path / "bad.md").write_text("x")
    opened = os.open

    def refuse(path: Any, *rest: Any, **more: Any) -> int:
        if str(path).endswith("bad.md"):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *rest, **more)

    monkeypatch.setattr("os.open", refuse)  # tests may run as root, whom permissions do not stop
    files, errors = _read(tmp_path, tmp_path / "not there")
    assert set(files) == {"good.md"}
    assert errors == [
        f"{tmp_path / 'not there'}: no such file or directory.",
        f"{tmp_path / 'bad.md'}: permission denied.",
    ]


def test_a_name_that_is_no_text_is_told_and_can_be_sent(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"bad-\xff.md")).write_text("x")
    files, errors = _read(tmp_path)
    assert files == {}
    assert "not valid text" in orjson.dumps(errors).decode()


def test_errors_stay_few(tmp_path: Path) -> None:
    for number in range(150):
        (tmp_path / f"{number}.md").write_bytes(b"\0")
    _, errors = _read(tmp_path)
    assert len(errors) == 101
    assert errors[-1] == "... and 50 more."


def test_without_extensions_nothing_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("x")
    assert _read(tmp_path, extensions=()) == ({}, ["No file extensions were given, so nothing was read."])
