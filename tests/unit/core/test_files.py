"""Files that are whole or absent."""

import threading

import pytest

from wm_robot.core import files


def test_two_threads_that_write_one_file_do_not_take_each_others_temporary(tmp_path, monkeypatch):
    both_wrote, replace = threading.Barrier(2), files.os.replace
    problems = []

    def replace_once_both_wrote(source, target):
        both_wrote.wait(60)
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", replace_once_both_wrote)

    def write(content):
        try:
            files.write_atomic(tmp_path / "latch", content)
        except OSError as error:
            problems.append(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in (b"one", b"two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert (tmp_path / "latch").read_bytes() in (b"one", b"two")
    assert [path.name for path in tmp_path.iterdir()] == ["latch"]


def test_a_file_that_cannot_be_replaced_leaves_no_temporary(tmp_path):
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        files.write_atomic(tmp_path / "folder", b"one")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
