"""What is installed on a host: units, users and folders, and nginx."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from needed import lacking
from postwarden.cli.app import every_command

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MOST_EXPOSED = 2.0
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectProc": "invisible",
    "CapabilityBoundingSet": "",
    "RestrictSUIDSGID": "yes",
    "UMask": "0007",
}


class Several(dict):
    """Keeps every value of a key that is given again."""

    def __setitem__(self, key, value):
        if key in self and isinstance(value, list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def service(unit):
    parser = configparser.RawConfigParser(strict=False, dict_type=Several, interpolation=None)
    parser.optionxform = str
    parser.read(unit)
    return {key: value.split("\n") for key, value in parser["Service"].items()}


def by_name(name):
    return service(DEPLOY / "systemd" / f"postwarden-{name}.service")


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.stem)
def test_each_service_may_do_no_more_than_it_must(unit):
    told = service(unit)
    assert {key: told[key][-1] for key in HARDENED} == HARDENED
    assert "@system-service" in told["SystemCallFilter"]
    assert "DynamicUser" not in told


def test_each_service_is_a_user_of_its_own():
    users = [service(unit)["User"][0] for unit in UNITS]
    made = re.findall(r"^u (\S+)", (DEPLOY / "sysusers.conf").read_text(), re.MULTILINE)
    assert len(set(users)) == len(UNITS) == 3
    assert sorted(users) == sorted(made)


def test_the_key_of_doveadm_is_given_to_the_worker_alone():
    given = {unit.stem: service(unit).get("LoadCredential", []) for unit in UNITS}
    holders = [name for name, some in given.items() if any("doveadm" in one for one in some)]
    assert holders == ["postwarden-worker"]
    assert "-/etc/postwarden/doveadm.key" in by_name("web")["InaccessiblePaths"][0].split()
    assert "-/etc/postwarden" in by_name("policy")["InaccessiblePaths"][0].split()
    closed = re.search(
        r"^z /etc/postwarden/doveadm.key (\S+) (\S+) (\S+)", tmpfiles(), re.MULTILINE
    )
    assert closed.groups() == ("0600", "root", "root")


def tmpfiles():
    return (DEPLOY / "tmpfiles.conf").read_text()


def test_every_folder_that_a_service_writes_is_made():
    made = re.findall(r"^d (\S+)", tmpfiles(), re.MULTILINE)
    for unit in UNITS:
        for path in " ".join(service(unit).get("ReadWritePaths", [])).split():
            assert path in made, (unit.name, path)


def test_the_policy_server_writes_nowhere_and_is_asked_from_this_host_alone():
    told = by_name("policy")
    assert "ReadWritePaths" not in told
    assert told["IPAddressDeny"] == ["any"]
    assert told["IPAddressAllow"] == ["localhost"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.stem)
def test_the_commands_of_the_units_can_be_given(unit):
    _, name, *words = service(unit)["ExecStart"][0].split()
    every_command().commands[name].make_context(name, list(words))


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.stem)
def test_systemd_finds_no_fault_and_little_exposure(unit, tmp_path):
    if shutil.which("systemd-analyze") is None:
        lacking("systemd is not installed")
    text = re.sub(r"/opt/postwarden/bin/postwarden", "/bin/true", unit.read_text())
    (tmp_path / unit.name).write_text(re.sub(r"man:\S+", "https://example.net/", text))
    words = ["systemd-analyze", "verify", "--recursive-errors=no", tmp_path / unit.name]
    verified = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (verified.returncode, unit.name in verified.stderr) == (0, False), verified.stderr
    words = ["systemd-analyze", "security", "--offline=true", "--no-pager", unit]
    shown = subprocess.run(words, capture_output=True, text=True, check=False)
    exposure = float(re.search(r"exposure level for \S+: ([\d.]+)", shown.stdout)[1])
    assert exposure <= MOST_EXPOSED


def test_nginx_closes_figures_and_hands_events_on_at_once():
    site = (DEPLOY / "nginx" / "postwarden.conf").read_text()
    blocks = dict(re.findall(r"location (?:= |~ )?(\S+)\s*\{(.*?)\}", site, re.DOTALL))
    for closed in ("/metrics", "/health/"):
        assert "return 404" in blocks[closed]
    assert "proxy_buffering off" in blocks["/live/$"]
    assert site.count("{") == site.count("}")
    for header in ("X-Forwarded-Proto https", "X-Forwarded-For   $remote_addr"):
        assert f"proxy_set_header {header}" in site
    assert "Strict-Transport-Security" in site
    logged = re.search(r"log_format postwarden '([^']*)'", site)[1]
    assert "$request_uri" not in logged
    assert "$args" not in logged


def test_nginx_speaks_tls_of_today_and_sends_pages_there_and_no_program():
    site = (DEPLOY / "nginx" / "postwarden.conf").read_text()
    opened, closed = re.findall(r"^server \{(.*?)^\}", site, re.DOTALL | re.MULTILINE)
    assert "listen 80;" in opened
    blocks = dict(re.findall(r"location (\S+) \{ return (.*?); \}", opened))
    assert blocks == {"/api/": "403", "/": "301 https://desk.example.net$request_uri"}
    assert "proxy_pass" not in opened
    assert re.search(r"ssl_protocols +(.*);", closed)[1].split() == ["TLSv1.2", "TLSv1.3"]
    wanted = re.search(r"ssl_ciphers +(.*);", closed)[1]
    words = ["openssl", "ciphers", "-s", "-tls1_2", wanted]
    listed = subprocess.run(words, capture_output=True, text=True, check=True)
    names = listed.stdout.strip().split(":")
    assert names
    for one in names:
        assert one.startswith(("ECDHE-", "TLS_"))  # forward secrecy
        assert "GCM" in one or "POLY1305" in one  # and none that could be changed on its way
    assert "http2" in closed
    assert re.search(r"ssl_session_tickets +off;", closed)


def test_nginx_limits_each_way_in():
    site = (DEPLOY / "nginx" / "postwarden.conf").read_text()
    places = re.search(r"location ~ \^/\((.*?)\)/ \{\s*limit_req ", site)[1].split("|")
    assert places == ["account", "sign-in", "welcome"]


def test_nginx_takes_the_site(tmp_path):
    if shutil.which("nginx") is None:
        lacking("nginx is not installed")
    subject = [
        "-subj",
        "/CN=desk.example.net",
        "-keyout",
        tmp_path / "key",
        "-out",
        tmp_path / "cert",
    ]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject], check=True
    )
    site = (DEPLOY / "nginx" / "postwarden.conf").read_text()
    site = site.replace("/etc/ssl/postwarden/fullchain.pem", f"{tmp_path}/cert")
    site = site.replace("/etc/ssl/postwarden/privkey.pem", f"{tmp_path}/key")
    site = site.replace("/var/log/nginx", str(tmp_path))
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{site}\n}}\n")
    tried = subprocess.run(
        ["nginx", "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert tried.returncode == 0, tried.stderr
