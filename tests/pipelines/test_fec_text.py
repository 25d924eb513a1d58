"""Bytes to lines, whatever the file is written in and wherever its blocks are cut."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.intake import text
from pipelines.intake.text import NotPlainError, Survey, blocks, plain_blocks, survey


def lines_of(path):
    """Return the survey and all lines, and check that blocks follow each other."""
    found = survey(path)
    handed_out = list(blocks(path, found))
    for before, after in pairwise(handed_out):
        assert after.first_line == before.first_line + len(before.ends)
    for block in handed_out:
        assert [*block.data[block.ends]] == [ord("\n")] * block.data.tobytes().count(b"\n")
    whole = b"".join(block.data.tobytes() for block in handed_out)
    assert whole == b"" or whole.endswith(b"\n")
    return found, whole.decode().split("\n")[:-1]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_a_block_never_cuts_a_line_end_in_two(tmp_path, monkeypatch, size):
    monkeypatch.setattr(text, "BLOCK", size)
    path = tmp_path / "file"
    for end in ("\n", "\r\n", "\r", "\r\r\n"):
        path.write_bytes(end.join(["été", "b", "", "d" * 9, "last"]).encode())
        found, lines = lines_of(path)
        assert lines == ["été", "b", "", "d" * 9, "last"]
        assert (found.line_count, found.is_closed) == (5, False)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.lists(
        st.sampled_from([b"a", b"|", b" ", b"\r", b"\n", b"\r\n", b"\r\r\n", "é".encode(), b"\xe9"])
    ).map(b"".join),
    size=st.integers(1, 8),
)
def test_lines_do_not_depend_on_where_blocks_are_cut(tmp_path, monkeypatch, data, size):
    path = tmp_path / "file"
    path.write_bytes(data)
    monkeypatch.setattr(text, "BLOCK", 1 << 20)
    found, lines = lines_of(path)
    assert found.line_count == len(lines)
    monkeypatch.setattr(text, "BLOCK", size)
    assert lines_of(path) == (found, lines)


def test_every_byte_of_windows_1252_is_a_character(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(range(32, 256)))
    found, [line] = lines_of(path)
    assert found.encoding == "cp1252"
    assert len(line) == 224
    assert line[0x80 - 32] == "€"


def test_half_a_character_of_utf_16_is_no_text(tmp_path):
    path = tmp_path / "file"
    path.write_bytes("JournalCode\n".encode("utf-16") + b"x")
    assert survey(path).encoding == "unreadable"


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.lists(
        st.sampled_from(
            [b"a", b"|", b"\0", b"\r", b"\n", b"\r\n", b"\r\r\n", "é".encode(), b"\xe9"]
        )
    ).map(b"".join),
    bom=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    size=st.integers(1, 8),
)
def test_one_pass_finds_what_two_find_or_gives_up(tmp_path, monkeypatch, data, bom, size):
    monkeypatch.setattr(text, "BLOCK", size)
    path = tmp_path / "file"
    path.write_bytes(bom + data)
    expected, lines = lines_of(path)
    found = Survey()
    try:
        handed_out = [*plain_blocks(path, found)]
    except NotPlainError:
        assert expected.has_nul or expected.odd_bytes or expected.encoding == "iso-8859-15"
        return
    assert found == expected
    assert [
        line.removesuffix("\r")
        for block in handed_out
        for line in block.data.tobytes().decode().split("\n")[:-1]
    ] == lines
    for before, after in pairwise(handed_out):
        assert after.first_line == before.first_line + len(before.ends)


def test_what_is_no_plain_text_is_not_read_in_one_pass(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes("JournalCode\n".encode("utf-16"))
    with pytest.raises(NotPlainError):
        [*plain_blocks(path, Survey())]
    monkeypatch.setattr(text, "BLOCK", 8)
    monkeypatch.setattr(text, "LONGEST_LINE", 16)
    path.write_bytes(b"x" * 40)
    with pytest.raises(NotPlainError):
        [*plain_blocks(path, Survey())]
