"""`sign` and `public-key`."""

from __future__ import annotations

import getpass
import os
import socket

import click

from delivery.cli.app import DONE, App, examples, main, pass_app
from delivery.operations.sign import sign as sign_release


@main.command(epilog=examples("sign 2026-11-23.4", "sign 2026-11-23.4 --registry 127.0.0.1:5000"))
@click.argument("release")
@click.option("--registry", help="Where the record lies; by default the registry of delivery.toml.")
@click.option(
    "--builder",
    help="Who built it, as a URI for the provenance; by default this CI job, or this machine.",
)
@pass_app
def sign(app: App, release: str, registry: str | None, builder: str | None) -> int:
    """Sign a release's record by the KMS key, and store the envelope beside it."""
    host = registry or app.delivery.config.registry
    done = sign_release(app.delivery, release, host, builder or _builder())
    verb = "is signed already" if done.again else "is signed"
    text = f"{release} {verb} by {done.keyid[:12]}…: {done.reference}"
    app.show(
        {"release": release, "reference": done.reference, "keyid": done.keyid},
        lambda console: console.print(text, markup=False),
    )
    return DONE


@main.command(
    "public-key",
    epilog=examples("public-key > delivery/2026.pem", "public-key --ledger > delivery/ledger.pem"),
)
@click.option("--ledger", is_flag=True, help="Of the key that signs the ledger's entries.")
@pass_app
def public_key(app: App, ledger: bool) -> int:
    """Print the KMS key's public half, for a pull request that makes it known."""
    signer = app.delivery.ledger_signer if ledger else app.delivery.signer
    pem = signer.public_pem()
    app.show({"pem": pem}, lambda console: click.echo(pem, nl=False))
    return DONE


def _builder() -> str:
    env = os.environ
    if "GITHUB_RUN_ID" in env:
        server, repository = env["GITHUB_SERVER_URL"], env["GITHUB_REPOSITORY"]
        return f"{server}/{repository}/actions/runs/{env['GITHUB_RUN_ID']}"
    return f"urn:host:{socket.gethostname()}:{getpass.getuser()}"
