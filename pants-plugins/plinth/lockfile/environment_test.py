from __future__ import annotations

import pytest

from plinth.lockfile.environment import may_hold_on_a_host


@pytest.mark.parametrize(
    "marker",
    [
        "",
        "sys_platform == 'linux'",
        "sys_platform == 'darwin'",
        "'win' in sys_platform",  # As darwin has it.
        "sys_platform != 'win32' and python_full_version < '3.7.3'",
        "python_version >= '4' and platform_machine == 'm68k'",
        "implementation_name == 'pypy' or os_name == 'nt'",
        "os_name not in 'nt java'",
    ],
)
def test_what_some_linux_or_macos_installs_may_hold(marker: str) -> None:
    assert may_hold_on_a_host(marker)


@pytest.mark.parametrize(
    "marker",
    [
        "sys_platform == 'win32'",
        "'win32' == sys_platform",
        'platform_system=="Windows"',
        "os_name == 'nt' and python_version >= '3.8'",
        "python_full_version >= '3.7.3' and (os_name == 'nt' or sys_platform == 'cygwin')",
        # No one system is both.
        "sys_platform == 'linux' and platform_system == 'Darwin'",
    ],
)
def test_what_only_other_systems_install_does_not(marker: str) -> None:
    assert not may_hold_on_a_host(marker)
