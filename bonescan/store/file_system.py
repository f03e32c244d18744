"""Which kind of file system a folder lies on: SQLite's log needs memory shared on one machine."""

from __future__ import annotations

from pathlib import Path

NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs",
        "glusterfs", "beegfs", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs",
        "fuse.rclone", "virtiofs", "vboxsf", "prl_fs", "drvfs",
    }
)  # fmt: skip


def network_file_system(folder: Path) -> str:
    """Name the network file system `folder` lies on; "" for a disk of this machine."""
    kind = file_system_of(folder.resolve(), mounts())
    return kind if kind in NETWORK_FILE_SYSTEMS else ""


def mounts() -> list[tuple[str, str]]:
    """List (mount point, kind); empty where the system has no /proc/mounts."""
    try:
        lines = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    # blanks in a mount point are written \040
    return [(f[1].replace("\\040", " "), f[2]) for f in map(str.split, lines) if len(f) > 2]  # noqa: PLR2004 - device, point, kind


def file_system_of(folder: Path, table: list[tuple[str, str]]) -> str:
    """Name the kind of file system `folder` lies on; "" when the system does not say."""
    above = [
        (len(point), number, kind)
        for number, (point, kind) in enumerate(table)  # what was mounted last lies on top
        if folder == Path(point) or Path(point) in folder.parents
    ]
    return max(above)[2] if above else ""
