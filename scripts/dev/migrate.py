"""`make migrate`: brings the development database to this checkout's migrations, whether Pinfold runs or not."""

import subprocess

import checkout
import executable
from checkout import DEV, make_directory
from environment import development
from install import ensure_programs
from services import Services


def main():
    make_directory(DEV)
    ensure_programs()
    program = executable.build()
    services = Services(DEV)
    was_running = services.postgres.port() is not None
    try:
        settings = development(services, services.start())
        return subprocess.run([program, "migrate"], env=settings, check=False).returncode
    finally:
        if not was_running:
            services.stop()


if __name__ == "__main__":
    checkout.run(main)
