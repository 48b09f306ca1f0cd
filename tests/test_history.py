"""Nothing that was saved is lost: kills, several writers, a full disk, damage, and what Windows does."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from layers import history, saving
from layers.errors import PlanningError
from layers.history import ABSENT, Document, digest
from scenarios.document import Scenario, scenario_text
from scenarios.files import open_scenario, open_version, save_scenario

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def document(tmp_path: Path) -> Document:
    """Return a document saved twice."""
    made = Document(tmp_path / "a.toml")
    first = made.save(b"one", known=ABSENT)
    made.save(b"two", known=first.sha256)
    return made


def victims(*words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.saving_victims", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def refusal(document: Document, content: bytes, known: str | None) -> PlanningError:
    with pytest.raises(PlanningError) as caught:
        document.save(content, known=known)
    return caught.value


def test_every_save_is_a_version_that_can_be_read_and_put_back(document: Document) -> None:
    assert [(version.number, version.kind) for version in document.versions()] == [(1, "saved"), (2, "saved")]
    assert [document.content(number) for number in (1, 2)] == [b"one", b"two"]
    document.restore(1, known=digest(b"two"))
    assert document.path.read_bytes() == b"one"
    assert [version.kind for version in document.versions()] == ["saved", "saved", "restored"]
    assert document.content(2) == b"two"


def test_a_second_writer_is_refused_and_both_versions_are_kept(document: Document) -> None:
    error = refusal(document, b"mine", digest(b"one"))
    assert error.code == "saving.conflict"
    assert document.path.read_bytes() == b"two"
    assert document.content(int(str(error.values["number"]))) == b"mine"
    assert document.versions()[-1].kind == "conflict"
    document.save(b"mine", known=None)  # knowingly
    assert document.path.read_bytes() == b"mine"
    assert document.content(2) == b"two"


def test_the_same_content_is_no_conflict(document: Document) -> None:
    document.save(b"two", known=digest(b"one"))
    assert document.path.read_bytes() == b"two"


def test_a_new_document_does_not_overwrite_one_that_appeared_meanwhile(document: Document) -> None:
    assert refusal(document, b"new", ABSENT).code == "saving.conflict"
    document.path.unlink()
    document.save(b"again", known=digest(b"two"))
    assert document.path.read_bytes() == b"again"


def test_what_another_program_wrote_is_seen_and_kept(document: Document) -> None:
    document.path.write_bytes(b"by hand")
    assert document.changed_outside
    assert refusal(document, b"mine", digest(b"two")).values["user"] == "—"
    assert document.path.read_bytes() == b"by hand"
    document.save(b"three", known=digest(b"by hand"))
    assert not document.changed_outside
    kept = {version.kind: document.content(version.number) for version in document.versions()}
    assert kept == {"outside": b"by hand", "conflict": b"mine", "saved": b"three"}


@pytest.mark.parametrize("content", [b"", b'title = "x"\n[[edits', b"\x00" * 60, 'title = "\ud800"'.encode("utf-16-be", "surrogatepass")])
def test_a_damaged_scenario_is_named_and_the_last_good_version_offered(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.toml"
    scenario = Scenario(title="规划")
    save_scenario(scenario, path, known=ABSENT)
    path.write_bytes(content)
    with pytest.raises(PlanningError) as caught:
        open_scenario(path)
    assert caught.value.code == "saving.damaged"
    assert caught.value.values["number"] == 1
    assert "plan.toml" in caught.value.say("zh")
    assert "plan.toml" in caught.value.say("en")
    older = open_version(path, 1)
    assert older.scenario == scenario
    assert older.older
    save_scenario(older.scenario, path, known=older.known)
    assert open_scenario(path).scenario == scenario


def test_a_changed_number_is_seen_although_the_file_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    save_scenario(Scenario(title="规划", note="35"), path, known=ABSENT)
    assert not open_scenario(path).changed_outside
    path.write_bytes(path.read_bytes().replace(b"35", b"95"))
    assert open_scenario(path).changed_outside


def test_a_newer_format_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("format = 9\ntitle = 'x'\n", "utf-8")
    with pytest.raises(PlanningError) as caught:
        save_scenario(Scenario(title="y"), path, known=None)
    assert caught.value.code == "scenario.newer"
    assert path.read_text("utf-8") == "format = 9\ntitle = 'x'\n"


def test_a_file_without_a_history_is_opened_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(scenario_text(Scenario(title="旧")), "utf-8")
    opened = open_scenario(path)
    assert not opened.changed_outside
    saved = save_scenario(opened.scenario.model_copy(update={"note": "n"}), path, known=opened.known)
    assert Document(path).content(1).decode() == scenario_text(Scenario(title="旧"))
    assert open_scenario(path).known == saved.known


def test_a_line_of_the_log_that_was_cut_off_is_none(document: Document) -> None:
    log = document.path.parent / ".history" / "a.toml" / "log.jsonl"
    log.write_bytes(log.read_bytes()[:-20])
    assert [version.number for version in document.versions()] == [1]
    document.save(b"three", known=digest(b"two"))
    assert [document.content(version.number) for version in document.versions()] == [b"one", b"two", b"three"]


def test_a_damaged_version_is_refused_and_the_one_before_offered(document: Document) -> None:
    blob = document.path.parent / ".history" / "a.toml" / "versions" / digest(b"two")
    blob.write_bytes(b"tw0")
    with pytest.raises(PlanningError, match="damaged or missing"):
        document.content(2)
    good = document.last_good()
    assert good is not None
    assert good.number == 1
    with pytest.raises(PlanningError) as caught:
        document.content(7)
    assert caught.value.code == "saving.no_version"


def test_a_full_disk_leaves_the_old_version_and_tells(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(saving.os, "fsync", full)
    assert refusal(document, b"three", digest(b"two")).code == "saving.full"
    monkeypatch.undo()
    assert document.path.read_bytes() == b"two"
    assert not list(document.path.parent.glob("**/*.tmp"))
    document.save(b"three", known=digest(b"two"))
    assert document.path.read_bytes() == b"three"


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_disk_that_is_really_full_leaves_the_old_version(document: Document) -> None:
    script = (
        "import resource, signal, sys\nfrom pathlib import Path\nfrom layers.errors import PlanningError\n"
        "from layers.history import Document, digest\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    Document(Path(sys.argv[1])).save(b'x' * 5000, known=digest(b'two'))\n"
        "except PlanningError as error:\n    print(error.code)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, str(document.path)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "saving.refused"
    assert document.path.read_bytes() == b"two"


def test_a_file_that_another_program_holds_keeps_what_was_entered(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "PATIENCE_S", 0.0)
    real = Path.replace

    def held(self: Path, target: Path) -> Path:
        if Path(target) == document.path:
            raise PermissionError(errno.EACCES, "The process cannot access the file")  # what Windows says while Excel holds it
        return real(self, target)

    monkeypatch.setattr(Path, "replace", held)
    assert refusal(document, b"three", digest(b"two")).code == "saving.held"
    monkeypatch.undo()
    assert document.path.read_bytes() == b"two"
    assert document.path.with_name("a.toml.unsaved").read_bytes() == b"three"


def test_who_waits_is_told_who_saves(document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PATIENCE_S", 0.05)
    with FileLock(document.path.parent / ".history" / "a.toml" / "lock"):
        error = refusal(document, b"three", digest(b"two"))
    assert error.code == "saving.locked"
    assert error.values["host"] == document.versions()[-1].host
    assert document.path.read_bytes() == b"two"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked child")
def test_two_hundred_kills_leave_a_whole_document_with_every_acknowledged_save(tmp_path: Path) -> None:
    told, error = victims("kills", tmp_path, 200).communicate(timeout=300)
    assert not error, error
    acknowledged, interrupted = map(int, told.split())
    assert acknowledged > 50
    assert interrupted >= 1  # some kills fell between the writing and the telling


@pytest.mark.slow
def test_eight_writers_lose_no_edit(tmp_path: Path) -> None:
    (tmp_path / "shared.toml").write_bytes(b"")
    writers = [victims("writes", tmp_path, f"w{number}", 100) for number in range(8)]
    told = [writer.communicate(timeout=500) for writer in writers]
    assert [error for _, error in told] == [""] * 8
    lines = (tmp_path / "shared.toml").read_text("utf-8").splitlines()
    assert sorted(lines) == sorted(f"w{writer} {edit}" for writer in range(8) for edit in range(100))
    document = Document(tmp_path / "shared.toml")
    conflicts = sum(int(shown) for shown, _ in told)
    assert conflicts == sum(version.kind == "conflict" for version in document.versions())
    assert sum(version.kind == "saved" for version in document.versions()) == 800
